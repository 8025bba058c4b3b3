"""A sample of a voice on an engine, through the same studio and store as a render.

So a second sample costs nothing, and what is heard is what a render would make of such a line.
"""

import html
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podforge.cast import Cast, Part
from podforge.delivery.writing import publish, staging
from podforge.engines import find_engine
from podforge.errors import Incomplete, InputError, Place, UsageError, storage
from podforge.events import Tell, Warned
from podforge.executors.staff import Staff
from podforge.plan import make_plan
from podforge.project import DEFAULT_ENGINE, Engines, foreign_speech
from podforge.recording import Crew, Recording, record
from podforge.script import Header, Script, Speech
from podforge.settings import Config
from podforge.speaking import prepare
from podforge.store import Store
from podforge.voices import VoiceFile
from podforge.voices.book import make_voice

LEVEL_LUFS, CEILING_DB = -19.0, -1.5  # of a sample: one mono voice, and its highest peak
MOST_CHARACTERS = 2_000  # of a sample, two minutes: some engines are paid by the character
TEXTS = {
    "de": "Guten Tag. So klinge ich, wenn ich eine Geschichte erzähle. Möchten Sie mehr hören?",
    "en": "Good evening. This is how I sound when I tell a story. Would you like to hear more?",
    "es": "Buenas tardes. Así sueno cuando cuento una historia. ¿Quiere oír más?",
    "fr": "Bonsoir. Voici ma voix quand je raconte une histoire. Voulez-vous en entendre plus ?",
    "it": "Buonasera. Questa è la mia voce quando racconto una storia. Vuole sentire altro?",
    "ja": "こんばんは。物語を語るとき、私の声はこう聞こえます。もっと聞きたいですか。",
    "nl": "Goedenavond. Zo klink ik als ik een verhaal vertel. Wilt u meer horen?",
    "pl": "Dobry wieczór. Tak brzmię, kiedy opowiadam historię. Czy chcą państwo usłyszeć więcej?",
    "pt": "Boa noite. É assim que eu soo quando conto uma história. Quer ouvir mais?",
    "zh": "晚上好。我讲故事的时候就是这样的声音。您想再听一些吗?",
}
# What plays a WAV file and then ends, as it is called; the first one that is there is taken.
PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("afplay",),
    ("paplay",),
    ("aplay", "-q"),
)


@dataclass(frozen=True)
class Sample:
    """A sample that lies in a file; `spoken` when something of it was made just now."""

    voice: str
    engine: str
    text: str
    path: Path
    seconds: float
    spoken: bool


def engine_for(file: VoiceFile, config: Config) -> str:
    """The engine that a voice usually speaks on: its own, the project's, one it is set for."""
    project = config.engine.text if config.engine else ""
    own = [file.engine, project, *sorted(file.engines, key=DEFAULT_ENGINE.__ne__), *file.embeddings]
    return next((name for name in own if name), DEFAULT_ENGINE)


def text_for(language: str) -> tuple[str, str]:
    """A few sentences in a language, and which it is: English where we have none in it."""
    text = TEXTS.get(language.partition("-")[0].lower())
    return (text, language) if text else (TEXTS["en"], "en")


@dataclass(frozen=True)
class Booth:
    """Where samples are made: the store, and the processes that stay for the next one."""

    store: Store
    staff: Staff
    tell: Tell


def sample(
    file: VoiceFile, engine: str, text: str | None, engines: Engines, path: Path, booth: Booth
) -> Sample:
    """Let a voice say a text, or its usual sample where it is None, and write it to `path` as WAV.

    The text is plain: it has no labels, cues or markup.

    Raises what is wrong with the voice for the engine, and what the engine or the disk raise.
    """
    place = Place(file.place.file)
    voice = make_voice(file, find_engine(engine))
    text, language = text_for(file.language) if text is None else (text, file.language)
    if len(text) > MOST_CHARACTERS:
        most = f"{MOST_CHARACTERS:,}".replace(",", " ")
        raise UsageError(f"--text is longer than {most} characters", hint="render it as a script")
    speech = Speech((file.name,), text, place, language=language)
    script = prepare(Script(place.file, Header(language=language), (speech,)))
    if not any(script.speeches()):
        raise UsageError("nothing in --text is said", hint="it needs a word or a number")
    cast = Cast({file.name: Part(file.name, voice, engine)}, engines.use([engine], booth.tell))
    plan = make_plan(script, cast)
    for problem in foreign_speech(script, plan, cast):
        if problem.severity == "error":
            raise InputError((problem,))
        booth.tell(Warned(problem.place.file, problem.text))
    crew = Crew(1, {engine: engines.values(engine)}, staff=booth.staff)
    try:
        made = record(plan, cast, booth.store, crew, booth.tell)
    except Incomplete as error:  # the reason was told
        raise Incomplete(
            f"{file.name} could not say it on the engine {engine}",
            hint="run the same command again",
        ) from error
    keys = [job.key for job in plan.jobs]
    for finding in dict.fromkeys(f.text for key in keys for f in made.clips[key].findings):
        booth.tell(Warned(place.file, f"suspect: {finding}"))
    data, seconds = _levelled(made, keys, booth.store)
    with staging(path.parent) as folder:
        with storage("writing", path):
            (folder / path.name).write_bytes(data)
        publish(folder / path.name, path)
    return Sample(file.name, engine, text, path, seconds, bool(made.fresh))


def _levelled(made: Recording, keys: Sequence[str], store: Store) -> tuple[bytes, float]:
    """The clips one after another at one level, as WAV, and their length in seconds."""
    import numpy as np

    from podforge.metering import gated_level
    from podforge.pcm import from_wav, to_wav

    parts = [from_wav(store.read(made.clips[key].digest)) for key in keys]
    rate = parts[0][1]
    sound = np.concatenate([samples for samples, _ in parts])
    peak_db = 20 * np.log10(max(float(np.max(np.abs(sound))), 1e-9))
    gain_db = min(LEVEL_LUFS - gated_level(sound, rate).lufs, CEILING_DB - peak_db)
    return to_wav((sound * 10 ** (gain_db / 20)).astype(np.float32), rate), len(sound) / rate


def page_of(samples: Sequence[Sample], folder: Path) -> str:
    """A page of HTML that plays samples, named relative to the folder that it lies in."""
    rows = "\n".join(
        f"<tr><td>{html.escape(made.voice)}</td><td>{html.escape(made.engine)}</td>"
        f'<td><audio controls preload="none" src="{_address(made.path, folder)}"></audio></td>'
        f"<td>{html.escape(made.text)}</td></tr>"
        for made in samples
    )
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Voices</title>\n'
        f"<table>\n<tr><th>voice</th><th>engine</th><th></th><th>text</th></tr>\n{rows}\n"
        "</table>\n</html>\n"
    )


def _address(path: Path, folder: Path) -> str:
    from urllib.parse import quote

    return quote(os.path.relpath(path, folder))


def player() -> list[str]:
    """The command that plays a file on this machine, without the file; empty: there is none."""
    found = ([shutil.which(name) or "", *options] for name, *options in PLAYERS)
    return next((command for command in found if command[0]), [])


def play(path: Path, command: Sequence[str]) -> None:
    """Play a file to its end; one that cannot be played is left at that."""
    with suppress(OSError):
        subprocess.run(
            [*command, str(path.absolute())], stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
