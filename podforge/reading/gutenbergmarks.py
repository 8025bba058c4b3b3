"""The lines by which Project Gutenberg's header, licence and credits are known.

Seen in their files since 1991: `*** START OF THE PROJECT GUTENBERG EBOOK ... ***`, and before
that `*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*...*END*`.
"""

import re

START = re.compile(
    r"\*{2,3}\s*START OF (?:THE|THIS)(?: COPYRIGHTED)? PROJECT GUTENBERG|"
    r"(?:\*END|END\*)[* ]*THE SMALL PRINT",
    re.I,
)
"""Ends the header."""

END = re.compile(
    r"\*{2,3}\s*END OF (?:THE|THIS)(?: COPYRIGHTED)? PROJECT GUTENBERG|"
    r"End of (?:the |this )?(?:copyrighted )?Project Gutenberg(?:['’]s| e-?(?:book|text))",
    re.I,
)
"""Begins the licence."""

CREDIT = re.compile(
    r"\W*(?:(?:this )?e-?(?:text|book) (?:was )?(?:produced|prepared|created|transcribed)|"
    r"(?:produced|prepared|transcribed|scanned|proofed) (?:by|from)|"
    r"transcriber[’']?s?[’']? note|html version by|cover image)\b",
    re.I,
)
"""Begins a paragraph on who made the edition."""
