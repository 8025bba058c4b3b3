"""Mix, master and encode an hour of clips: our way, the bare encoder, and the usual ways.

    python -m benchmarks.mix [--minutes 60] [--repeat 3] [--formats mp3,m4b,opus] [--work FOLDER]

Prints CPU seconds (children included), wall seconds, ratios, the peak memory of the largest
process, and the loudness of what each way made as ffmpeg's ebur128 measures it.  Each way runs
in a process of its own, on as many processors as there are.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podforge.encodings import Encoding
    from podforge.mastering import Drive
    from podforge.surveying import Spool, Survey
    from podforge.timeline import Section

RATE = 44_100
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
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--formats", default="mp3,m4b,opus")
    parser.add_argument("--usual", action="store_true", help="also the usual ways")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        way, _, name = arguments.way.partition(":")
        WAYS[way](arguments.work, name)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        seconds = make_clips(folder, 60 * arguments.minutes)
        run("pcm:mp3", folder)
        print(f"{seconds / 60:.1f} minutes of clips, target {TARGET}, {os.cpu_count()} processors")
        for name in arguments.formats.split(","):
            report(name, compare(name, folder, arguments.repeat, arguments.usual), folder)


@dataclass(frozen=True)
class Cost:
    """Of one way: CPU and wall seconds, and peak MiB of its largest process."""

    cpu: float
    wall: float
    memory: float


def compare(name: str, folder: Path, rounds: int, usual: bool) -> dict[str, Cost]:
    """The median of each way; they take turns, so that a busy machine is unfair to none."""
    ways = [
        "ours",
        "encoder",
        "halves",
        "gate",
        *(["pydub", "concat"] if usual and name == "mp3" else []),
    ]
    found: dict[str, list[Cost]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, costs in found.items():
            costs.append(run(f"{way}:{name}", folder))
    return {
        way: Cost(
            statistics.median(cost.cpu for cost in costs),
            statistics.median(cost.wall for cost in costs),
            max(cost.memory for cost in costs),
        )
        for way, costs in found.items()
    }


def run(way: str, folder: Path) -> Cost:
    command = [sys.executable, "-m", "benchmarks.mix", "--way", way, "--work", str(folder)]
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{way} failed")
    wall = time.monotonic() - began
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def report(name: str, costs: dict[str, Cost], folder: Path) -> None:
    print(f"\n{name}")
    for way, cost in costs.items():
        line = f"{way:<8} {cost.cpu:7.2f} CPU s {cost.wall:7.2f} wall s {cost.memory:6.0f} MiB"
        made = folder / f"{way}.{name}"
        if made.exists():
            line += "  {:6.2f} LUFS {:6.2f} dBTP".format(*ebur128(made))
        print(line, flush=True)
    ours, alone = costs["ours"], costs["encoder"]
    print(
        f"ours / encoder alone   CPU {ours.cpu / alone.cpu:.2f}  wall {ours.wall / alone.wall:.2f}"
    )
    print(f"ours / two encoders at once, half each   CPU {ours.cpu / costs['halves'].cpu:.2f}")
    print(f"gate / encoder alone   CPU {costs['gate'].cpu / alone.cpu:.2f}")
    for way in ("pydub", "concat"):
        if way in costs:
            print(f"{way} way / ours   CPU {costs[way].cpu / ours.cpu:.2f}")


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


def ours(folder: Path, name: str) -> None:
    from podforge.events import Event
    from podforge.mastering import apply
    from podforge.pieces import encode_piece, join
    from podforge.sidebyside import Stage, side_by_side
    from podforge.threads import one_arena, processors

    def silent(event: Event) -> None:
        pass

    one_arena()  # as `finish` does
    with mastered(folder, name) as (spool, found, drive, encoding):
        stage = Stage("", found.samples / RATE, silent)
        piece = encode_piece(
            partial(apply, spool, found, drive), found.samples, RATE, 1, encoding,
            folder / "ours.body", told=partial(stage.told, rate=RATE, share=1.0),
            side_by_side=partial(side_by_side, most=processors(), stage=stage),
        )  # fmt: skip
    join([piece], encoding, folder / f"ours.{name}", 1)


@contextmanager
def mastered(folder: Path, name: str) -> Iterator[tuple["Spool", "Survey", "Drive", "Encoding"]]:
    from podforge.encodings import Format, encoding_of
    from podforge.mastering import solve
    from podforge.mixing import mix
    from podforge.pcm import from_wav
    from podforge.pieces import BEYOND_SAMPLES
    from podforge.surveying import open_spool, survey
    from podforge.targets import target_of

    section, target = lay_out(folder), target_of(TARGET)
    encoding = encoding_of(Format(name), 1, target)
    with open_spool(folder) as spool:
        blocks = mix(
            section, RATE, lambda p: from_wav((folder / p.digest).read_bytes())[0], Path, 1,
            beyond=BEYOND_SAMPLES,
        )  # fmt: skip
        found = survey(blocks, spool, RATE, section.length)
        yield spool, found, solve(found, target, encoding), encoding


def lay_out(folder: Path) -> "Section":
    from podforge.timeline import Placement, Section
    from podforge.units import rescale, to_samples

    gap, placements = to_samples(GAP_SECONDS, RATE), []
    at = gap
    for name, rate, samples in json.loads((folder / "clips.json").read_text()):
        placements.append(Placement(name, name, rate, 0, samples, at, 6.0, 0.0, 176, 176))
        at += rescale(samples, rate, RATE) + gap
    return Section("", 0, at, tuple(placements))


def gate(folder: Path, name: str) -> None:
    """Decode and measure, as every render does with what it made."""
    from podforge.encodings import Format, encoding_of
    from podforge.inspecting import inspect
    from podforge.media import decode
    from podforge.targets import target_of

    rate = encoding_of(Format(name), 1, target_of(TARGET)).rate or RATE
    inspect(decode(folder / f"ours.{name}", rate, 1), rate, 1)


def pcm(folder: Path, name: str) -> None:
    """The samples that the bare encoders get: those that our way gives them."""
    from podforge.mastering import apply

    with (
        mastered(folder, name) as (spool, found, drive, _),
        (folder / "master.f32").open("wb") as out,
    ):
        out.writelines(block.tobytes() for block in apply(spool, found, drive))


def encoder(folder: Path, name: str) -> None:
    encode(folder, name, "encoder.body")


def halves(folder: Path, name: str) -> None:
    """Two bare encoders at once, each with a half: what sharing the machine costs by itself."""
    half = str((folder / "master.f32").stat().st_size / 4 / RATE / 2)
    parts = ("halves.1", "-t", half), ("halves.2", "-ss", half)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(encode, folder, name, *part) for part in parts]:
            done.result()


def encode(folder: Path, name: str, body: str, *part: str) -> None:
    from podforge.encodings import Format, encoding_of
    from podforge.media import BITEXACT
    from podforge.targets import target_of

    arguments = encoding_of(Format(name), 1, target_of(TARGET)).arguments
    ffmpeg(
        *[*part, "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", str(folder / "master.f32")],
        *[word for key, value in [*BITEXACT.items(), *arguments] for word in (f"-{key}", value)],
        str(folder / body),
    )


def pydub(folder: Path, name: str) -> None:
    """What most tools do: join with +=, encode, loudnorm in two passes, encode again."""
    from pydub import AudioSegment

    from podforge.media import ffmpeg_path

    AudioSegment.converter = ffmpeg_path()
    episode = AudioSegment.empty()
    for clip, _, _ in json.loads((folder / "clips.json").read_text()):
        episode += AudioSegment.silent(1000 * GAP_SECONDS) + AudioSegment.from_wav(folder / clip)
    joined = folder / "joined.mp3"
    episode.set_frame_rate(RATE).export(str(joined), format="mp3", bitrate="128k").close()
    loudnorm(["-i", str(joined)], folder / f"pydub.{name}")


def concat(folder: Path, name: str) -> None:
    """Ffmpeg's concat demuxer and loudnorm in two passes."""
    gap, rate = folder / "gap.wav", 22_050
    ffmpeg("-f", "lavfi", "-i", f"anullsrc=r={rate}:cl=mono", "-t", str(GAP_SECONDS), str(gap))
    clips = [clip for clip, _, _ in json.loads((folder / "clips.json").read_text())]
    lines = [f"file '{gap}'\nfile '{folder / clip}'\n" for clip in clips]
    (folder / "concat.txt").write_text("".join(lines))
    source = ["-f", "concat", "-safe", "0", "-i", str(folder / "concat.txt")]
    loudnorm(source, folder / f"concat.{name}")


def loudnorm(source: list[str], target: Path) -> None:
    """Measure, then normalise and encode."""
    wanted = "loudnorm=I=-16:TP=-1:LRA=11"
    said = ffmpeg(*source, "-af", f"{wanted}:print_format=json", "-f", "null", "-")
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
    ffmpeg(*source, "-af", second, "-ar", str(RATE), "-b:a", "128k", str(target))


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


WAYS = {
    "ours": ours,
    "gate": gate,
    "pcm": pcm,
    "encoder": encoder,
    "halves": halves,
    "pydub": pydub,
    "concat": concat,
}

if __name__ == "__main__":
    main()
