"""How far an edit reaches: the windows of a long-context engine under hundreds of edits."""

import random
from statistics import mean

import pytest

from podforge.engines.vibevoice.spec import VibeVoice
from podforge.plan import Plan, make_plan
from podforge.units import CHARACTERS_PER_SECOND, spoken_length
from tests.builders import cast_of, dialogue

LIMITS = VibeVoice().limits({})
WORDS = (
    "the a of house river night under walks speaks never always morning letter quiet door seven"
    " captain sister garden because although winter small ask answer"
)
Lines = list[tuple[str, str]]


def text(rng: random.Random) -> str:
    """A line of dialogue: mostly short, now and then a long one."""
    words = rng.choices(WORDS.split(), k=int(rng.lognormvariate(2.6, 0.8)) + 1)
    return " ".join(words).capitalize() + rng.choice(".?!")


def conversation(rng: random.Random, speakers: int, length: int) -> Lines:
    """Scenes, each among a few of the speakers."""
    said: Lines = []
    while len(said) < length:
        group = rng.sample(range(speakers), min(speakers, rng.randint(2, 5)))
        said += [(f"S{rng.choice(group)}", text(rng)) for _ in range(rng.randint(5, 40))]
    return said[:length]


def edited(rng: random.Random, said: Lines) -> tuple[Lines, int, int]:
    """The lines after an insertion, a deletion or a change; where; and by how many more."""
    at = rng.randrange(len(said))
    return rng.choice(
        [
            ([*said[:at], (rng.choice(said)[0], text(rng)), *said[at:]], at, 1),
            ([*said[:at], *said[at + 1 :]], at, -1),
            ([*said[:at], (said[at][0], text(rng)), *said[at + 1 :]], at, 0),
        ]
    )


def planned(said: Lines, chapter: int) -> Plan:
    """The plan of two chapters; the second begins before line `chapter`."""
    script = dialogue(said, {0: "chapter", chapter: "chapter"})
    return make_plan(script, cast_of(script, LIMITS))


def in_chapter(plan: Plan, start: int, end: int) -> set[str]:
    """The keys of the windows that begin between two lines."""
    return {job.key for job in plan.jobs if start <= job.place.line - 1 < end}


@pytest.mark.parametrize(
    ("speakers", "edits", "on_average", "at_95_percent"), [(4, 300, 1.3, 2), (12, 300, 2, 4)]
)
def test_an_edit_remakes_few_windows_and_none_of_another_chapter(
    speakers, edits, on_average, at_95_percent
):
    rng = random.Random(speakers)
    remade = []
    for number in range(edits):
        if number % 100 == 0:
            said = conversation(rng, speakers, 220)
            before = planned(said, 110)
            known = in_chapter(before, 0, 220)
            assert len(known) > 8
        new, at, more = edited(rng, said)
        second = 110 + (more if at < 110 else 0)
        after = planned(new, second)
        remade.append(len(in_chapter(after, 0, len(new)) - known))
        spared = (second, len(new)) if at < 110 else (0, second)
        assert in_chapter(after, *spared) <= known
        assert all(len(job.voices) <= 4 for job in after.jobs)
    assert mean(remade) <= on_average
    assert sorted(remade)[int(0.95 * edits)] <= at_95_percent


def test_windows_of_chinese_last_as_long_as_those_of_english():
    line = "河水今年很高，我们应该谈谈这件事。" * 3
    said = [(f"S{n % 2}", f"{line}{n}") for n in range(200)]
    for job in planned(said, 100).jobs:
        seconds = sum(spoken_length(u.text) for u in job.utterances) / CHARACTERS_PER_SECOND
        assert seconds <= 240
    long = planned([("S0", line * 100)], 0)
    assert all(
        spoken_length(u.text) <= LIMITS.most_utterance for j in long.jobs for u in j.utterances
    )
