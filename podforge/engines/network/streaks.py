"""Is it the line, or the server?  What failed since something was spoken tells."""

from dataclasses import dataclass, field

from podforge.engines.network.troubles import Kind, Trouble

MOST_BUSY = 3  # jobs that used up their tries: the server is down
MOST_WRONG = 8  # jobs that were refused in the same words: a setting is wrong, not the text


@dataclass
class Streak:
    """The jobs that came to nothing since one was spoken; it outlives batches.

    Jobs count once, however often they are handed out again.
    """

    busy: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    words: str = ""

    def end(self) -> None:
        """A job was spoken."""
        self.busy.clear()
        self.wrong.clear()

    def add(self, key: str, trouble: Trouble) -> None:
        """A job came to nothing."""
        if trouble.kind is Kind.BUSY:
            self.busy.add(key)
        if trouble.kind is Kind.WRONG:
            if trouble.text != self.words:
                self.wrong.clear()
            self.words = trouble.text
            self.wrong.add(key)

    @property
    def is_down(self) -> bool:
        """Whether the server does not answer, whatever it is asked."""
        return len(self.busy) >= MOST_BUSY

    @property
    def is_misused(self) -> bool:
        """Whether the server says the same to everything."""
        return len(self.wrong) >= MOST_WRONG
