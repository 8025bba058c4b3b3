"""From written text to spoken text, with the way back.

A rule is a pure function from a text to the ranges it would replace; rules run in order and
each leaves alone what an earlier one wrote.  `LANGUAGES` holds the rules of a language by its
tag; a language without any gets the common ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from podforge.errors import Problem
from podforge.script import Item, Script, Speech, Spoken
from podforge.speaking import common, english
from podforge.speaking.offsets import Rule, apply

__all__ = ["LANGUAGES", "prepare", "speak"]

LANGUAGES: Mapping[str, Sequence[Rule]] = {
    "en": english.AMERICAN,
    "en-gb": english.BRITISH,
    "en-au": english.BRITISH,
    "en-ie": english.BRITISH,
    "en-nz": english.BRITISH,
}


def prepare(script: Script) -> Script:
    """The script with every speech's spoken text.

    A speech of which nothing can be spoken (only symbols) is left out, with a warning.
    """
    lexicon = common.lexicon(script.header.lexicon)
    languages = {role.name: role.language for role in script.header.roles}
    items: list[Item] = []
    warnings: list[Problem] = []
    for item in script.items:
        if not isinstance(item, Speech):
            items.append(item)
            continue
        own = languages.get(item.speakers[0], "")
        rules = rules_of(item.language or own or script.header.language)
        spoken = speak(item.spoken or Spoken(item.text), (*lexicon, *rules))
        if any(c.isalnum() for c in spoken.text):
            items.append(replace(item, spoken=spoken))
        else:
            text = f'nothing in "{item.text[:40]}" can be spoken: it is left out'
            warnings.append(Problem(item.place, "warning", text))
    return replace(script, items=tuple(items), warnings=(*script.warnings, *warnings))


def speak(spoken: Spoken, rules: Sequence[Rule]) -> Spoken:
    """The text after what no engine may see is gone, the rules are applied, and it is tidy."""
    spoken = apply(spoken, common.harmful, rewrite=True)
    for rule in (*rules, common.emoji):
        spoken = apply(spoken, rule)
    return apply(spoken, common.spaces, rewrite=True)


def rules_of(language: str) -> Sequence[Rule]:
    """The rules for a BCP 47 tag, or for its language alone, or none."""
    tag = language.lower().replace("_", "-")
    return LANGUAGES.get(tag) or LANGUAGES.get(tag.split("-")[0]) or ()
