"""Scripts of any length, the same each time."""

import random

OPENERS = ["Well,", "Look,", "Honestly,", "Right, so", "And yet", "Now", "Listen,", "In the end"]
SUBJECTS = [
    "the baker", "the last train", "her brother", "the lamp room", "a careful clerk",
    "the whole street", "my neighbour", "the night shift", "that old kettle",
]  # fmt: skip
VERBS = ["carried", "forgot", "mended", "counted", "promised", "borrowed", "followed", "sold"]
OBJECTS = [
    "the blue ledger", "four loaves and a key", "the wrong umbrella", "a map of the harbour",
    "the second bell", "an apology", "twelve chairs", "the better half of the story",
]  # fmt: skip
ENDINGS = [
    "before anyone woke.", "and nobody asked why.", "for the third time that week.",
    "which was, of course, the point.", "with both hands.", "until the rain stopped.",
]  # fmt: skip

CHARACTERS_PER_SECOND = 17.0  # of these sentences, in the voices and with the gaps they get


def sentence(rng: random.Random) -> str:
    """One sentence of about 70 characters."""
    parts = [rng.choice(bank) for bank in (OPENERS, SUBJECTS, VERBS, OBJECTS, ENDINGS)]
    return " ".join(parts)


def dialogue(seconds: float, seed: int = 1) -> str:
    """A Markdown script of two voices that takes about `seconds` to say, with chapters."""
    return of_length(int(seconds * CHARACTERS_PER_SECOND), seed)


def of_length(characters: int, seed: int = 1) -> str:
    """A Markdown script with about so many characters of speech."""
    rng = random.Random(seed)
    lines = [
        "---\ntitle: A long evening\nspeakers:\n"
        "  Mara: {voice: mara}\n  Tobias: {voice: tobias}\n---\n"
    ]
    said = 0
    for number in range(10**9):
        if said >= characters:
            break
        if number % 60 == 0:
            lines.append(f"## Part {number // 60 + 1}\n")
        text = " ".join(sentence(rng) for _ in range(rng.randint(1, 3)))
        lines.append(f"**{'Mara' if number % 2 == 0 else 'Tobias'}:** {text}\n")
        said += len(text)
    return "\n".join(lines)
