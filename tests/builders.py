"""Scripts, casts and clips in few words, for tests of the pure rooms."""

from collections.abc import Mapping, Sequence

from podforge.cast import Cast, EngineUse, Limits, Part, Voice
from podforge.clip import Clip, Level, Span, Word
from podforge.errors import Place
from podforge.plan import Job, Plan, Utterance
from podforge.script import Chapter, Header, Item, SceneBreak, Script, Speech, Spoken

UTTERANCES = Limits(rate=22_050, most_characters=1_500, most_utterance=1_500)
WINDOWS = Limits(
    rate=24_000, windows=True, speakers=4, most_characters=600, least_characters=150,
    most_utterance=400,
)  # fmt: skip


def say(who: str, text: str, line: int = 1, **more: object) -> Speech:
    names = tuple(who.split("&"))
    return Speech(names, text, Place("s.md", line, 1), **more)  # type: ignore[arg-type]


def script_of(*items: Item, header: Header | None = None) -> Script:
    return Script("s.md", header or Header(title="T"), tuple(items))


def dialogue(lines: Sequence[tuple[str, str]], breaks: Mapping[int, str] | None = None) -> Script:
    """A script of (speaker, text); `breaks` puts a scene or chapter before a line."""
    items: list[Item] = []
    for number, (who, text) in enumerate(lines):
        kind = (breaks or {}).get(number)
        place = Place("s.md", number + 1, 1)
        if kind == "chapter":
            items.append(Chapter(f"C{number}", place))
        elif kind == "scene":
            items.append(SceneBreak(place))
        items.append(say(who, text, number + 1))
    return script_of(*items)


def cast_of(
    script: Script,
    limits: Limits = UTTERANCES,
    engine: str = "fake",
    engines: Mapping[str, Limits] | None = None,
    engine_of: Mapping[str, str] | None = None,
) -> Cast:
    """Each speaker with a voice of its own, all on one engine unless `engine_of` says other."""
    uses = {
        name: EngineUse(name, each, "fake 1")
        for name, each in (engines or {engine: limits}).items()
    }
    parts = {
        name: Part(
            name, Voice(name.lower(), f"id-{name.lower()}"), (engine_of or {}).get(name, engine)
        )
        for name in script.speakers()
    }
    return Cast(parts, uses)


def utterances(*texts: str, slots: Sequence[int] = ()) -> tuple[Utterance, ...]:
    """The utterances of a job; all of slot 0 unless `slots` says other."""
    return tuple(
        Utterance(f"S{slot}", slot, text, "en", "", n, 0, Place("s.md", n + 1, 1))
        for n, (text, slot) in enumerate(zip(texts, slots or [0] * len(texts), strict=True))
    )


def clip_for(job: Job, gap: float = 0.2, confidence: float = 1.0, lufs: float = -20.0) -> Clip:
    """A clip as an engine would make it: 0.1 s of head, then each utterance and a gap."""
    rate, at = job.rate, job.rate // 10
    spans, words = [], []
    for said in job.utterances:
        end = at + max(1, len(said.text)) * rate // 15
        spans.append(Span(at, end, confidence))
        words.append(_words(said.text, at, end))
        at = end + round(gap * rate)
    return Clip(
        job.key, "d-" + job.key, rate, at + rate // 10, tuple(spans), tuple(words),
        tuple(Level(lufs, 2.0) for _ in spans),
    )  # fmt: skip


def _words(text: str, start: int, end: int) -> tuple[Word, ...]:
    found, at = [], 0
    for word in text.split():
        first = text.index(word, at)
        at = first + len(word)
        scale = (end - start) / len(text)
        found.append(Word(first, at, start + int(first * scale), start + int(at * scale)))
    return tuple(found)


def clips_for(plan: Plan, **how: float) -> dict[str, Clip]:
    return {job.key: clip_for(job, **how) for job in plan.jobs}


def spoken_as(text: str, spoken: Spoken, who: str = "Ana") -> Speech:
    return Speech((who,), text, Place("s.md", 1, 1), spoken=spoken)
