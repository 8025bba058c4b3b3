"""Whether a quantity stands before a noun in English: "a $5 meal", "the 5 km run"."""

import re

# A word in small letters that can not be the noun behind a quantity.
_NO_NOUN = (
    r"(?:a|an|and|or|to|in|on|of|at|by|for|from|is|are|was|were|per|each|if|but|with|less|more|than|"
    r"that|which|when|so|as|away|long|wide|tall|high|deep|thick|old|apart|north|south|east|west|up|"
    r"down|off|out|into|later|ago|before|after|every|apiece)\b"
)
_NOUN = re.compile(rf"(?:-|\s(?!{_NO_NOUN})[a-z])")
_ARTICLE = re.compile(
    r"\b(?:[Aa]n?|[Tt]he|[Tt]his|[Tt]hat|[Mm]y|[Yy]our|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir)\s$"
)
_LONGEST_ARTICLE = 8  # characters before the quantity that are looked at


def is_adjective(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` has an article before it and a noun behind."""
    if not _NOUN.match(text, end):
        return False
    return bool(_ARTICLE.search(text[max(0, start - _LONGEST_ARTICLE) : start]))
