"""Speech servers that speak OpenAI's protocol."""
