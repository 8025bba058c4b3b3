"""Mix, master and encode 15 minutes of clips to MP3: our way, LAME alone, and the usual way.

    python benchmarks/mix.py [--minutes 15] [--repeat 3] [--work FOLDER]

Prints CPU seconds (children included), ratios, peak memory, and the loudness of what each way
made as ffmpeg's ebur128 measures it.  Each way runs in a process of its own.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podforge.signal import Block
    from podforge.timeline import Timeline

BITRATE = "128k"
TARGET = "podcast"
GAP_SECONDS = 0.35
TEXTS = (
    "The oven was lit before four, and by five the first loaves stood cooling on the rack.",
    "How many did you say you bake on a Saturday? I would have guessed a few dozen at most.",
    "Two hundred and forty, give or take. More before a holiday. It never feels like that many.",
    "What nobody tells you is how quiet it is. There is the fan, the clock, and the dough. "
    "You learn to hear when something is wrong, long before you see it.",
)
VOICES: tuple[dict[str, str | int], ...] = (
    {"voice": "gmw/en", "variant": "f2"},
    {"voice": "gmw/en-US", "variant": "m3", "pitch": 42},
    {"voice": "gmw/en", "variant": "m7"},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        WAYS[arguments.way](arguments.work)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        seconds = make_clips(folder, 60 * arguments.minutes)
        report(compare(folder, arguments.repeat), folder, seconds)


@dataclass(frozen=True)
class Cost:
    """Of one way: CPU seconds and peak MiB of its largest process."""

    cpu: float
    memory: float


def compare(folder: Path, rounds: int) -> dict[str, Cost]:
    """The median of each way; they take turns, so that a busy machine is unfair to none."""
    found: dict[str, list[Cost]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, costs in found.items():
            costs.append(run(way, folder))
    return {
        way: Cost(statistics.median(cost.cpu for cost in costs), max(cost.memory for cost in costs))
        for way, costs in found.items()
    }


def run(way: str, folder: Path) -> Cost:
    command = [sys.executable, __file__, "--way", way, "--work", str(folder)]
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    process = subprocess.Popen(command, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{way} failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(costs: dict[str, Cost], folder: Path, seconds: float) -> None:
    print(f"{seconds / 60:.1f} minutes of clips, MP3 {BITRATE}, target -16 LUFS, -1 dBTP")
    for way, cost in costs.items():
        line = f"{way:<6} {cost.cpu:7.2f} CPU s  {cost.memory:6.0f} MiB"
        made = folder / f"{way}.mp3"
        if made.exists():
            line += "  {:6.2f} LUFS {:6.2f} dBTP".format(*ebur128(made))
        print(line)
    ours, lame = costs["ours"].cpu, costs["lame"].cpu
    print(f"ours / LAME alone   {ours / lame:.2f}")
    print(f"gate / LAME alone   {costs['gate'].cpu / lame:.2f}")
    print(f"pydub way / ours    {costs['pydub'].cpu / ours:.2f}")


def make_clips(folder: Path, seconds: float) -> float:
    """Clips by the embedded engine as WAV files; the seconds that were made."""
    from podforge.cast import Voice
    from podforge.engines import find_engine
    from podforge.errors import Place
    from podforge.metering import gated_level
    from podforge.pcm import to_wav
    from podforge.plan import Job, Utterance
    from podforge.units import to_gain

    class Watch:
        cancelled = False

        def beat(self, key: str, seconds: float) -> None:
            pass

    spec = find_engine("espeak")
    voices = [
        Voice(str(n), str(n), spec.voice_settings(settings)) for n, settings in enumerate(VOICES)
    ]
    engine = spec.load({})
    states = {voice.identity: engine.embed(voice) for voice in voices}
    made, manifest = 0.0, []
    while made < seconds:
        number = len(manifest)
        said = Utterance("", 0, TEXTS[number % len(TEXTS)], "en", "", 0, 0, Place(""))
        voice = voices[number % len(voices)]
        job = Job(str(number), "espeak", (said,), (voice,), {}, 22_050, 0)
        for take in engine.speak([job], states, Watch()):
            gain = to_gain(-22 - gated_level(take.samples, take.rate).lufs)
            name = f"{number:05}.wav"
            (folder / name).write_bytes(to_wav(take.samples * gain, take.rate))
            manifest.append((name, take.rate, len(take.samples)))
            made += len(take.samples) / take.rate + GAP_SECONDS
    engine.close()
    (folder / "clips.json").write_text(json.dumps(manifest))
    return made


def ours(folder: Path) -> None:
    from podforge.encodings import ENCODINGS
    from podforge.media import encode

    with mastered(folder) as (blocks, rate):
        encode(blocks, folder / "ours.mp3", rate, 1, ENCODINGS["mp3"].arguments)


@contextmanager
def mastered(folder: Path) -> Iterator[tuple[Iterator["Block"], int]]:
    from podforge.encodings import ENCODINGS
    from podforge.mastering import apply, solve, survey
    from podforge.mixing import mix
    from podforge.pcm import from_wav
    from podforge.targets import target_of

    timeline = lay_out(folder)
    with tempfile.TemporaryFile(dir=folder) as spool:
        blocks = mix(
            timeline.sections[0],
            timeline.rate,
            lambda p: from_wav((folder / p.digest).read_bytes())[0],
            1,
        )
        found = survey(blocks, spool, timeline.rate)
        yield apply(spool, found, solve(found, target_of(TARGET), ENCODINGS["mp3"])), timeline.rate


def lay_out(folder: Path) -> "Timeline":
    from podforge.timeline import Placement, Section, Timeline
    from podforge.units import MIX_RATE, rescale, to_samples

    gap, placements = to_samples(GAP_SECONDS, MIX_RATE), []
    at = gap
    for name, rate, samples in json.loads((folder / "clips.json").read_text()):
        placements.append(Placement(name, name, rate, 0, samples, at, 6.0, 0.0, 176, 176))
        at += rescale(samples, rate, MIX_RATE) + gap
    return Timeline(MIX_RATE, at, (Section("", 0, at, tuple(placements)),), (), ())


def gate(folder: Path) -> None:
    """Decode and measure, as every render does with what it made."""
    from podforge.mastering import verify
    from podforge.media import decode

    verify(decode(folder / "ours.mp3", 44_100, 1), 44_100, 1)


def pcm(folder: Path) -> None:
    """The samples that LAME alone gets: those that our way gives it."""
    with mastered(folder) as (blocks, _), (folder / "master.f32").open("wb") as out:
        out.writelines(block.tobytes() for block in blocks)


def lame(folder: Path) -> None:
    from podforge.encodings import ENCODINGS
    from podforge.media import BITEXACT

    options = [*BITEXACT.items(), *ENCODINGS["mp3"].arguments]
    ffmpeg(
        *["-f", "f32le", "-ar", "44100", "-ac", "1", "-i", str(folder / "master.f32")],
        *[word for name, value in options for word in (f"-{name}", value)],
        str(folder / "lame.mp3"),
    )


def pydub(folder: Path) -> None:
    """What most tools do: join with +=, encode, loudnorm in two passes, encode again."""
    from pydub import AudioSegment

    from podforge.media import ffmpeg_path

    AudioSegment.converter = ffmpeg_path()
    episode = AudioSegment.empty()
    for name, _, _ in json.loads((folder / "clips.json").read_text()):
        episode += AudioSegment.silent(1000 * GAP_SECONDS) + AudioSegment.from_wav(folder / name)
    joined = str(folder / "joined.mp3")
    episode.set_frame_rate(44_100).export(joined, format="mp3", bitrate=BITRATE).close()
    wanted = "loudnorm=I=-16:TP=-1:LRA=11"
    said = ffmpeg("-i", joined, "-af", f"{wanted}:print_format=json", "-f", "null", "-")
    found = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
    told = ":".join(
        f"measured_{name}={found[key]}"
        for name, key in (
            ("I", "input_i"),
            ("TP", "input_tp"),
            ("LRA", "input_lra"),
            ("thresh", "input_thresh"),
        )
    )
    second = f"{wanted}:{told}:offset={found['target_offset']}:linear=true"
    ffmpeg(
        *["-i", joined, "-af", second, "-ar", "44100", "-b:a", BITRATE],
        str(folder / "pydub.mp3"),
    )


def ffmpeg(*arguments: str) -> str:
    """Run ffmpeg; what it said."""
    from podforge.media import ffmpeg_path

    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-nostats", "-y", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, check=True, text=True).stderr


def ebur128(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak as ffmpeg measures them."""
    said = ffmpeg("-i", str(path), "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
    lufs, peak = re.findall(r"(?:I|Peak): +(-?[\d.]+|-inf)", said)[-2:]
    return float(lufs), float(peak)


WAYS = {"ours": ours, "gate": gate, "pcm": pcm, "lame": lame, "pydub": pydub}

if __name__ == "__main__":
    main()
