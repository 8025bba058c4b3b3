"""Scripts in Markdown, read and written."""
