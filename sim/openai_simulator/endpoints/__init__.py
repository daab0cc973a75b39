"""OpenAI's endpoints: transcriptions, chat completions, responses."""
