"""From a script to its plan: 1 MB of Markdown in several styles, and lists as bad as they get.

    python -m benchmarks.planning [--megabytes 1] [--times 5] [FILE ...]

Prints the least CPU seconds of several runs in this process, after imports, and how long imports
take; of FILES (an EPUB) instead where any are given, and the largest this process has been.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scripts import of_length, sentence

IMPORTED = time.process_time()
from podforge.project import Request, open_project  # noqa: E402  what it takes is measured

IMPORTS = time.process_time() - IMPORTED

MARKS = [
    "*really*", "**so**", "it's `code`", "[laughs]", "[a link](http://a.org/b)", "(sighs)",
    "&amp;", "\\*", "[pause 1s]", "caf\u00e9 \u2014 yes", "<b>x</b>", "\u201cquite\u201d",
]  # fmt: skip
NUMBERS = [
    "in 1999", "$4.50", "3.5 kg", "12:30", "May 5, 2021", "1,234,567", "Dr. Smith", "50%",
    "the 3rd", "example.org", "https://a.example.org/b/c", "10-20", "Henry VIII",
]  # fmt: skip
LIST = "---\nspeakers: {Mara: mara}\n---\n**Mara:** A list.\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=1)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    print(f"imports {IMPORTS:.2f} s")
    with tempfile.TemporaryDirectory() as name:
        files = arguments.files or list(written(Path(name), int(1e6 * arguments.megabytes)))
        for file in files:
            seconds = min(cost(file) for _ in range(arguments.times))
            print(f"{file.name:<14} {file.stat().st_size / 1e6:5.2f} MB {seconds:6.2f} s CPU")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


def cost(file: Path) -> float:
    """CPU seconds from a file to its plan."""
    begun = time.process_time()
    project = open_project(Request(file))
    seconds = time.process_time() - begun
    assert project.plan.jobs
    return seconds


def written(folder: Path, characters: int) -> Iterator[Path]:
    """A script of each style."""
    plain = of_length(characters)
    texts = {
        "bold labels": plain,
        "plain labels": plain.replace("**Mara:**", "Mara:").replace("**Tobias:**", "Tobias:"),
        "many marks": sprinkled(characters, MARKS),
        "many numbers": sprinkled(characters, NUMBERS),
        "tiny items": LIST + "- a\n" * (characters // 40),
        "tiny numbered": LIST + "1. a\n" * (characters // 50),
    }
    for style, text in texts.items():
        file = folder / f"{style}.md"
        file.write_text(text)
        yield file


def sprinkled(characters: int, what: list[str]) -> str:
    """A script with one of `what` behind each sentence of about 70 characters."""
    rng = random.Random(7)
    lines = ["---\nspeakers: {Mara: mara, Tobias: tobias}\n---\n"]
    length = 0
    while length < characters:
        said = " ".join(f"{sentence(rng)} {rng.choice(what)}" for _ in range(rng.randint(1, 3)))
        lines.append(f"**{'Mara' if len(lines) % 2 else 'Tobias'}:** {said}\n")
        length += len(lines[-1])
    return "\n".join(lines)


if __name__ == "__main__":
    main()
