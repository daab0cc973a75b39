"""OpenAI: transcription and analysis."""
