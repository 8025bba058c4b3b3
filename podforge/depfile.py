r"""What a file was made of, as GNU Make (4.x) and ninja (1.10 or later) read it.

    site/ep\ 1.mp3: ep\ 1.md \
      podforge.yaml

    ep\ 1.md:

    podforge.yaml:

The rules without prerequisites are for Make: a file that is deleted or renamed counts as changed,
where there would be "No rule to make target".  Compilers write the same with `-MMD -MP`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from podforge.errors import UsageError

# Make gives these a meaning in a rule that no backslash takes away, or ninja knows no such escape.
_NEVER = re.compile(r"[\x00-\x1f\x7f=%;|]|\\$")
_ESCAPED = re.compile(r"(\\*)([ #:])")  # backslashes before one of these are doubled


@dataclass(frozen=True)
class Rule:
    """Files that one render made, and those it was made of."""

    targets: tuple[Path, ...]
    sources: tuple[Path, ...]


def depfile(rules: Iterable[Rule], base: Path) -> str:
    """The text of a depfile; names below `base`, an absolute folder, are relative to it.

    Raises `UsageError` for a name that Make cannot read.
    """
    rules = tuple(rules)
    made = [_rule(rule, base) for rule in rules]
    sources = dict.fromkeys(named(path, base) for rule in rules for path in rule.sources)
    return "\n".join([*made, *(f"{name}:\n" for name in sources)])


def named(path: Path, base: Path) -> str:
    """A file's name as a rule has it.  Raises `UsageError` when there is no way to write it."""
    text = str(path.relative_to(base) if path.is_relative_to(base) else path)
    if _NEVER.search(text):
        raise UsageError(
            f"a depfile cannot name {text!r}", hint="rename it: Make reads = % ; | as its own"
        )
    return _ESCAPED.sub(r"\1\1\\\2", text).replace("$", "$$")


def _rule(rule: Rule, base: Path) -> str:
    targets = " ".join(named(path, base) for path in rule.targets)
    sources = dict.fromkeys(named(path, base) for path in rule.sources)
    return f"{targets}: " + " \\\n  ".join(sources) + "\n"
