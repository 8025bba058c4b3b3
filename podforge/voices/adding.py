"""A recording becomes a voice: a folder with a reference clip, and with its owner's consent."""

import getpass
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from podforge.errors import Place, UsageError, storage
from podforge.media import cut_clip, read_clip
from podforge.pcm import to_wav
from podforge.plain import plain
from podforge.voices.files import (
    FILE,
    KINDS,
    Consent,
    did_you_mean,
    is_date,
    is_language,
    is_name,
    read_voice,
)
from podforge.voices.listening import RATE
from podforge.voices.reference import Choice, choose
from podforge.voices.writing import draft_folder, put

CLIP = "reference.wav"
GIT_SECONDS = 5.0


@dataclass(frozen=True)
class NewVoice:
    """What somebody said about a voice that is to be added to `voices`, a voices folder."""

    name: str
    clip: Path
    voices: Path
    consent: Consent
    language: str = "en"
    description: str = ""

    @property
    def folder(self) -> Path:
        """Where it will lie."""
        return self.voices / self.name


def consent_of(owner: str, kind: str, day: str, uses: str, declared: bool) -> Consent:
    """The consent that the command line states.

    `declared` is the short form: what is not said is that it is the user's own voice.  Raises
    `UsageError` when it is not enough.
    """
    if not (declared or (owner and kind)):
        raise UsageError(
            "a voice that is made of a recording needs its owner's consent",
            hint='--owner "Mara Quill" --consent written, or --i-have-rights for your own voice',
        )
    kind = kind or "self"
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise UsageError(f'--consent: no kind of consent is called "{kind}"', hint=hint)
    if day and not is_date(day):
        raise UsageError(f'--date: "{day}" is not a date such as 2026-01-31')
    stated = "as declared with --i-have-rights" if declared else "as agreed with the owner"
    return Consent(plain(owner) or _user(), kind, day or _today(), plain(uses) or stated)


def add_voice(new: NewVoice, *, replace: bool = False) -> Choice:
    """Make the voice; what was chosen of the recording.

    `replace` writes over the `voice.yaml` and the clip of a voice that is there; other files in
    its folder stay.  Raises `UsageError`, `InputError` or `MissingInput` for the recording, and
    `DiskFull` or `StorageError`; there is then no new voice.
    """
    _check(new, replace)
    recording, rate = read_clip(new.clip)
    choice = choose(recording, rate, Place(str(new.clip)))
    sound = cut_clip(choice.sound, RATE, choice.start, choice.end, choice.gain_db)
    with draft_folder(new.voices, new.name) as draft:
        put(draft / CLIP, to_wav(sound, RATE))
        put(draft / FILE, _written(new).encode())
        read_voice(draft)  # it says whatever would be wrong with it
        if new.folder.exists():
            for name in (FILE, CLIP):
                put(new.folder / name, (draft / name).read_bytes())
        else:
            with storage("writing", new.folder):
                draft.rename(new.folder)
    return choice


def _check(new: NewVoice, replace: bool) -> None:
    if not is_name(new.name):
        raise UsageError(
            f'"{new.name}" cannot be the name of a voice',
            hint="small letters, digits, - and _, such as mara-quill",
        )
    if not is_language(new.language):
        raise UsageError(f'--language: "{new.language}" is not a language tag such as en-GB')
    if new.folder.exists() and not replace:
        raise UsageError(
            f'there is a voice "{new.name}" in {new.voices}',
            hint="take another name, or --force to replace it",
        )


def _written(new: NewVoice) -> str:
    """Its `voice.yaml`.  A JSON string is a YAML one (YAML 1.2, section 1.3)."""
    consent, about = new.consent, plain(new.description)
    lines = [
        f"name: {_quoted(new.name)}",
        f"language: {new.language}",
        *([f"description: {_quoted(about)}"] if about else []),
        "consent:",
        f"  owner: {_quoted(consent.owner)}",
        f"  kind: {consent.kind}",
        f"  date: {consent.date}",
        f"  allowed_uses: {_quoted(consent.allowed_uses)}",
        f"reference: {CLIP}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _user() -> str:
    """Who is at the keyboard: as Git knows them, else their login."""
    git = shutil.which("git")
    if git:
        asked = subprocess.run(
            [git, "config", "user.name"],
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if name := plain(asked.stdout.decode("utf-8", "replace")):
            return name
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError(
            "nobody knows your name", hint='say it with --owner "Your Name"'
        ) from error


def _today() -> str:
    """Today, or that of SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return date.today().isoformat()
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f'SOURCE_DATE_EPOCH is "{epoch}", not seconds since 1970') from error
