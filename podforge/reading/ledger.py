"""Counts what became of every character of a file, so that none is lost without a word."""

from collections import Counter

from podforge.script import Account


def visible(text: str) -> int:
    """How many characters are not white space."""
    return len("".join(text.split()))


class Ledger:
    """Sums by rule: `spoken`, `heading`, `label`, `cue`, or why a text is not spoken."""

    def __init__(self) -> None:
        self._sums: Counter[str] = Counter()

    def add(self, rule: str, text: str) -> None:
        """Count a text of the source under the rule that decided on it."""
        self._sums[rule] += visible(text)

    def account(self, total: int) -> Account:
        """The sums, beside the characters that the whole source has."""
        return Account(total, {rule: count for rule, count in self._sums.most_common() if count})
