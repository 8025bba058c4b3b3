"""From written text to spoken text, with the way back.

A rule is a pure function from a text to the ranges it would replace; rules run in order and
each leaves alone what an earlier one wrote.  `LANGUAGES` holds the rules of a language by its
tag; others come from packages with an entry point in the group `podforge.speaking`, and a
language without any gets the common ones.  docs/speaking.md describes it to people.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import entry_points

from podforge.errors import Problem
from podforge.script import Item, Script, Speech, Spoken
from podforge.speaking import common, english, european, tables
from podforge.speaking.addresses import addressing
from podforge.speaking.offsets import Group, Replacement, Rule, Rules, apply, apply_all

__all__ = [
    "GROUP",
    "LANGUAGES",
    "Group",
    "Replacement",
    "Rule",
    "Rules",
    "prepare",
    "rules_of",
    "speak",
]

GROUP = "podforge.speaking"  # of entry points: a language tag -> a function that gives its rules


def _of_table(table: tables.Table, _tag: str) -> Rules:
    return tables.rules(table)


LANGUAGES: Mapping[str, Callable[[str], Rules]] = {  # given the tag, in small letters
    "en": english.rules,
    **{table.tag: partial(_of_table, table) for table in european.TABLES},
}


def prepare(script: Script) -> Script:
    """The script with every speech's spoken text.

    A speech of which nothing can be spoken (only symbols) is left out, with a warning.
    """
    lexicon = common.lexicon(script.header.lexicon, frozenset(script.header.exact_words))
    languages = {role.name: role.language for role in script.header.roles}
    items: list[Item] = []
    warnings: list[Problem] = []
    for item in script.items:
        if not isinstance(item, Speech):
            items.append(item)
            continue
        own = languages.get(item.speakers[0], "")
        language = item.language or own or script.header.language
        rules = (*addressing(script.header.urls, language), *lexicon, *rules_of(language))
        spoken = speak(item.spoken or Spoken(item.text), rules)
        if any(c.isalnum() for c in spoken.text):
            items.append(item.as_spoken(spoken))
        else:
            text = f'nothing in "{item.text[:40]}" can be spoken: it is left out'
            warnings.append(Problem(item.place, "warning", text))
    return replace(script, items=tuple(items), warnings=(*script.warnings, *warnings))


def speak(spoken: Spoken, rules: Rules) -> Spoken:
    """The text after what no engine may see is gone, the rules are applied, and it is tidy."""
    spoken = apply(spoken, common.harmful, rewrite=True)
    spoken = apply_all(spoken, rules)
    spoken = spoken if spoken.text.isascii() else apply(spoken, common.emoji)
    return apply(spoken, common.spaces, rewrite=True)


@lru_cache
def rules_of(language: str) -> Rules:
    """The rules for a BCP 47 tag, or for its language alone, or none.

    Rules from another package go before those of the same tag here.
    """
    tag = language.lower().replace("_", "-")
    for name in dict.fromkeys((tag, tag.partition("-")[0])):
        for entry in entry_points(group=GROUP, name=name):
            rules: Rules = entry.load()()
            return rules
        if name in LANGUAGES:
            return LANGUAGES[name](tag)
    return ()
