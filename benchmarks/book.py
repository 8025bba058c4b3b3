"""A long audiobook from cold, again, and after one line was changed.

    python -m benchmarks.book [--hours 30] [--chapters 100] [--format m4b]

Prints wall and CPU seconds, the largest process, and each as a part of the cold run; of the cold
run also descriptors and memory at each tenth, and the most of temporary files.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

from benchmarks.render import PODFORGE, cost
from benchmarks.scripts import CHARACTERS_PER_SECOND, sentence
from benchmarks.watching import curve, watched

HEADER = """---
title: The Long Shift
author: Nobody in particular
mode: audiobook
narrator: Walter
speakers:
  Walter: {voice: walter}
  Nell: {voice: nell}
---
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=30)
    parser.add_argument("--chapters", type=int, default=100)
    parser.add_argument("--format", default="m4b")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "book.md"
        script.write_text(book(3600 * arguments.hours, arguments.chapters))
        render = [*PODFORGE, "render", "book.md", "--format", arguments.format]
        report = folder / "output" / "book" / "book.report.json"
        print(f"{arguments.chapters} chapters, {arguments.format}")
        for what in ("cold", "nothing changed", "a word changed", "a title changed"):
            text = script.read_text()
            if what == "a word changed":
                middle = text.index(" the ", len(text) // 2)
                text = f"{text[:middle]} that very{text[middle:]}"
            if what == "a title changed":
                text = text.replace("The Long Shift", "The Longer Shift", 1)
            script.write_text(text)
            if what == "cold":
                cold, looks = watched(render, folder)
            found = cold if what == "cold" else cost(render, folder)
            said = json.loads(report.read_text())
            if what == "cold":
                print(curve(looks))
                print(f"{said['seconds'] / 3600:.1f} h, {said['jobs_made']} jobs")
            print(
                f"{what:<16} {found.wall:8.1f} s wall {found.cpu:8.1f} s CPU {found.mib:5.0f} MiB  "
                f"{100 * found.wall / cold.wall:6.2f} % of cold  "
                f"{said['seconds'] / found.wall:8.0f} x real time",
                flush=True,
            )


def book(seconds: float, chapters: int) -> str:
    """A novel of so many chapters: three paragraphs of narration for each line of speech."""
    rng = random.Random(1)
    lines = [HEADER]
    for chapter in range(chapters):
        lines.append(f"## Chapter {chapter + 1}\n")
        left = seconds / chapters * CHARACTERS_PER_SECOND
        while left > 0:
            text = " ".join(sentence(rng) for _ in range(rng.randint(1, 3)))
            lines.append(f"{'**Nell:** ' if rng.random() < 0.25 else '**Walter:** '}{text}\n")
            left -= len(text)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
