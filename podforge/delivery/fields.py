"""What a file says about itself, and what each field is called in each family of tags."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from podforge.plain import plain
from podforge.script import DISCLOSURE, Header, Mode


@dataclass(frozen=True)
class Tags:
    """What a file says about itself; an empty field is left out."""

    title: str = ""
    show: str = ""
    author: str = ""
    narrator: str = ""
    season: str = ""
    episode: str = ""
    date: str = ""  # ISO 8601, or any words
    genre: str = ""
    description: str = ""
    language: str = ""  # BCP 47
    license: str = ""
    keywords: tuple[str, ...] = ()
    disclosure: str = DISCLOSURE
    mode: Mode = "podcast"


def tags_of(header: Header) -> Tags:
    """The tags of an episode, from its front matter."""
    return Tags(
        title=header.title,
        show=header.show or (header.title if header.mode == "audiobook" else ""),  # the album
        author=header.author,
        narrator=header.narrator,
        season=header.season,
        episode=header.episode,
        date=header.date,
        genre=header.genre or header.mode.capitalize(),
        description=header.description,
        language=header.language,
        license=header.license,
        keywords=header.tags,
        disclosure=header.disclosure,
        mode=header.mode,
    )


@dataclass(frozen=True)
class Names:
    """What a field is called: ID3v2.3 frames, MP4 atoms, Vorbis comments."""

    id3: tuple[str, ...]
    mp4: tuple[str, ...]
    vorbis: tuple[str, ...]


NAMES: Mapping[str, Names] = {
    "title": Names(("TIT2",), ("\xa9nam",), ("TITLE",)),
    "show": Names(("TALB",), ("\xa9alb",), ("ALBUM",)),
    "author": Names(("TPE1", "TPE2"), ("\xa9ART", "aART"), ("ARTIST", "ALBUMARTIST")),
    "narrator": Names(("TCOM",), ("\xa9wrt", "\xa9nrt"), ("COMPOSER", "NARRATOR")),
    "season number": Names(("TPOS",), ("disk",), ("DISCNUMBER",)),
    "season": Names(("TXXX:SEASON",), ("----:com.apple.iTunes:SEASON",), ("SEASON",)),
    "episode number": Names(("TRCK",), ("trkn",), ("TRACKNUMBER",)),
    "episode": Names(("TXXX:EPISODE",), ("----:com.apple.iTunes:EPISODE",), ("EPISODE",)),
    "day": Names(("TDRC",), ("\xa9day",), ("DATE",)),
    "month": Names(("TDRC", "TXXX:DATE"), ("\xa9day",), ("DATE",)),  # ID3v2.3: year, or day
    "date": Names(("TXXX:DATE",), ("\xa9day",), ("DATE",)),
    "genre": Names(("TCON",), ("\xa9gen",), ("GENRE",)),
    "description": Names(("TDES",), ("desc",), ("DESCRIPTION",)),
    "language": Names(("TLAN",), ("----:com.apple.iTunes:LANGUAGE",), ("LANGUAGE",)),
    "license": Names(("TCOP",), ("cprt",), ("LICENSE",)),
    "keywords": Names(("TKWD",), ("keyw",), ("KEYWORDS",)),
    "disclosure": Names(("COMM",), ("\xa9cmt",), ("COMMENT",)),
}
_DAY = re.compile(r"\d{4}(-\d\d-\d\d)?", re.ASCII)  # or a year alone
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_NUMBER = re.compile(r"0*[1-9]\d{0,3}", re.ASCII)  # fits the 16 bits of an MP4 track number


def fields_of(tags: Tags) -> dict[str, str]:
    """Each field that says something, by its name in the table."""
    fields = {
        "title": tags.title,
        "show": tags.show,
        "author": tags.author,
        "narrator": tags.narrator,
        "season number" if _NUMBER.fullmatch(tags.season) else "season": tags.season,
        "episode number" if _NUMBER.fullmatch(tags.episode) else "episode": tags.episode,
        _kind_of_date(tags.date): tags.date,
        "genre": tags.genre,
        "description": tags.description,
        "language": tags.language,
        "license": tags.license,
        "keywords": ", ".join(tags.keywords),
        "disclosure": tags.disclosure,
    }
    return {name: text for name, value in fields.items() if (text := plain(value))}


def _kind_of_date(date: str) -> str:
    """The field that such a date belongs into."""
    return "day" if _DAY.fullmatch(date) else "month" if _MONTH.fullmatch(date) else "date"
