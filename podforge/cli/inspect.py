"""`podforge inspect`: what finished files measure, and whether that is what was asked for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podforge.cli.exits import exit_code, say
from podforge.cli.options import json_option
from podforge.errors import PodforgeError, UsageError

if TYPE_CHECKING:
    from podforge.inspecting import Measured, Trace, Verdict
    from podforge.media.probing import Probed
    from podforge.targets import Target

JSON_VERSION = 1
_PATH = click.Path(path_type=Path)


@dataclass(frozen=True)
class _Inspected:
    """All that is known of one file."""

    path: Path
    probed: "Probed"
    measured: "Measured"
    verdicts: "tuple[Verdict, ...]"

    @property
    def ok(self) -> bool:
        return all(verdict.ok for verdict in self.verdicts)


@click.command()
@click.argument("files", type=_PATH, nargs=-1, required=True)
@click.option(
    "--target",
    default="",
    metavar="NAME|LUFS",
    help="What they shall measure: podcast, acx, ..., -16, or -18/-2 with a peak.",
)
@click.option("--picture", type=_PATH, metavar="PNG", help="Draw the sound, of one file.")
@json_option
def inspect(files: tuple[Path, ...], target: str, picture: Path | None, as_json: bool) -> int:
    """Measure audio files of any kind.

    Exits with 1 when a file is not what was asked for, or has a fault.

    \b
    podforge inspect episode.mp3 --target podcast
    podforge inspect book/*.mp3 --target acx --json
    podforge inspect episode.mp3 --picture episode.png
    """
    from podforge.targets import target_of

    if picture and len(files) > 1:
        raise UsageError("--picture draws one file", hint="inspect the files one by one")
    if picture and picture.suffix.lower() != ".png":
        raise UsageError(f"--picture {picture} is not called .png", hint="what is drawn is a PNG")
    wanted = target_of(target) if target else None
    code, found = 0, []
    for path in files:
        try:
            inspected = _inspect(path, wanted, picture)
        except PodforgeError as error:
            say(error)
            code = code if code > 1 else exit_code(error)
            continue
        code = code or int(not inspected.ok)
        found.append(inspected)
        if not as_json:
            _print(inspected, first=len(found) == 1)
    if as_json:
        facts = {"version": JSON_VERSION, "files": [_facts(each) for each in found]}
        click.echo(json.dumps(facts))  # ASCII: a tag may hold what a terminal obeys
    return code


def _inspect(path: Path, target: "Target | None", picture: Path | None) -> _Inspected:
    """Read a file once, measure it, and draw it if that is wanted."""
    from podforge.inspecting import Inspector, judge, whole
    from podforge.media import decode
    from podforge.media.probing import probe
    from podforge.streams import ended

    probed = probe(path)
    inspector = Inspector(probed.rate, probed.channels, traced=picture is not None)
    damage: list[str] = []
    for block in decode(path, probed.rate, probed.channels, damage.append):
        inspector.feed(block)
    if probed.container == "ogg" and not ended(path):
        damage.append("its last page is missing")
    measured = inspector.finish()
    if picture:
        _draw(picture, path, probed, measured, inspector.trace(), target)
    verdicts = (*whole(measured, probed, damage), *judge(measured, target, probed))
    return _Inspected(path, probed, measured, verdicts)


def _draw(
    picture: Path,
    path: Path,
    probed: "Probed",
    measured: "Measured",
    trace: "Trace",
    target: "Target | None",
) -> None:
    from podforge.delivery.picture import Sound, draw
    from podforge.errors import storage

    levels = f"{_level(measured.lufs)} LUFS, {_level(measured.true_peak_db)} dBTP"
    sound = Sound(
        title=probed.tags.get("title") or path.name,
        facts=f"{levels}, loudness range {measured.range_lu:.1f} LU",
        seconds=measured.seconds,
        low=trace.low,
        high=trace.high,
        loudness=trace.short_term_lufs,
        target_lufs=target.level_db if target and target.measure == "LUFS" else None,
        chapters=tuple((chapter.start, chapter.title) for chapter in probed.chapters),
    )
    drawn = draw(sound)
    with storage("writing", picture):
        picture.write_bytes(drawn)


def _print(inspected: _Inspected, *, first: bool) -> None:
    """Facts of one file, then its verdicts."""
    from podforge.console import print_facts, print_rows

    if not first:
        click.echo()
    print_facts(dict(_described(inspected)))
    click.echo()
    print_rows(
        ("verdict", "what", "measured", "wanted", "note"),
        [
            ("ok" if each.ok else "FAILED", each.name, each.value, each.limit, each.note)
            for each in inspected.verdicts
        ],
    )


def _described(inspected: _Inspected) -> "Iterator[tuple[str, object]]":
    from podforge.units import clock

    probed, measured = inspected.probed, inspected.measured
    rate = f", {probed.bit_rate // 1000} kb/s" if probed.bit_rate else ""
    yield "file", inspected.path
    yield "format", f"{probed.container}, {probed.codec}{rate}"
    yield "sound", f"{measured.rate} Hz, {measured.channels} channels, {clock(measured.seconds)}"
    yield "title", probed.tags.get("title", "")
    yield "cover", "yes" if probed.cover else "no"
    yield "chapters", _chapters([chapter.title for chapter in probed.chapters])
    yield (
        "loudness",
        (
            f"{_level(measured.lufs)} LUFS, range {measured.range_lu:.1f} LU, at most "
            f"{_level(measured.short_term_lufs)} in 3 s, {_level(measured.momentary_lufs)} in 0.4 s"
        ),
    )
    yield (
        "peak",
        (
            f"{_level(measured.true_peak_db)} dBTP at {clock(measured.true_peak_at)}, "
            f"samples {_level(measured.sample_peak_db)} dBFS"
        ),
    )
    yield "RMS", f"{_level(measured.rms_db)} dBFS, noise floor {_level(measured.floor_db)}"
    yield (
        "silence",
        (
            f"{measured.head_silence:.2f} s at head, {measured.inner_silence:.2f} s inside, "
            f"{measured.tail_silence:.2f} s at tail"
        ),
    )
    yield "DC offset", f"{max(map(abs, measured.dc_offset), default=0.0):.5f}"


def _chapters(titles: Sequence[str]) -> str:
    return f"{len(titles)}: {'; '.join(titles)}" if titles else ""


def _level(value: float) -> str:
    return f"{value:.1f}"


def _facts(inspected: _Inspected) -> dict[str, Any]:
    return {
        "file": str(inspected.path),
        "ok": inspected.ok,
        "probed": asdict(inspected.probed),
        "measured": {**inspected.measured.facts(), "seconds": inspected.measured.seconds},
        "verdicts": [asdict(verdict) for verdict in inspected.verdicts],
    }
