"""Captions and transcripts: WebVTT, SRT, and the JSON of other tools."""
