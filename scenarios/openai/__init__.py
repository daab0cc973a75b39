"""OpenAI fails: outages, rate limits, malformed answers, a wrong key."""
