"""Plain text: books, plays in print, and scripts without front matter."""
