"""A Markdown script: front matter, blocks, cast, and who says what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from podforge.reading import frontmatter
from podforge.reading.blocks import Block, blocks
from podforge.reading.casting import Casting, cast_of, doubtful
from podforge.reading.comments import blank_comments
from podforge.reading.findings import Findings
from podforge.reading.header import Options, read_header
from podforge.reading.labels import parse
from podforge.reading.names import RESERVED, meant, normal
from podforge.reading.passages import labels, links, passages
from podforge.reading.telling import Manner, Telling
from podforge.script import Header, Role, Script


def read_markdown(text: str, findings: Findings, *, infer: bool = False) -> Script:
    """The script in `text`; what is wrong with it is told to `findings`.

    With `infer` the cast counts as open, whatever the front matter says.
    Raises `InputError` when the front matter cannot be parsed at all.
    """
    front = frontmatter.split(text, findings.file)
    header, options = read_header(front.settings, findings)
    lines = text.split("\n")[front.body :]
    body = blank_comments("\n".join(lines), findings, front.body).split("\n")
    found = list(blocks(body, front.body))
    told = list(passages(found))
    paragraphs = sum(1 for passage in told if passage.pieces and not passage.block.listed)
    closed = header.closed and not infer
    casting = cast_of(header.roles, closed, labels(told), paragraphs)
    telling = Telling(_manner(header, options, casting, found, findings), findings)
    telling.tell(told)
    _report_inferred(casting, findings, telling)
    header = _completed(header, telling)
    return Script(findings.file, header, tuple(telling.items))


def _manner(
    header: Header, options: Options, casting: Casting, found: Sequence[Block], findings: Findings
) -> Manner:
    title, chapter = _levels(found, casting)
    if options.quote_voice and not casting.named(options.quote_voice):
        guess = meant(options.quote_voice, casting.speakers())
        place = options.place("quote_voice", findings.file)
        findings.error(place, f'unknown speaker "{options.quote_voice}"{guess}')
    return Manner(
        casting=casting,
        options=options,
        audiobook=header.mode == "audiobook",
        narrator=_narrator(header, casting),
        alone=header.roles[0].name if len(header.roles) == 1 else "",
        title_level=title,
        chapter_level=chapter,
        links=links(found),
    )


def _narrator(header: Header, casting: Casting) -> str:
    """Who reads what has no label.

    The speaker that `narrator:` names; where it only credits a person, the role that is called
    Narrator, or the only one.
    """
    who = casting.named(header.narrator) if header.narrator else ()
    if len(who) == 1:
        return who[0]
    if not header.narrator and header.mode == "podcast":
        return ""
    called = casting.named("narrator")
    if called:
        return called[0]
    return header.roles[0].name if len(header.roles) == 1 else header.narrator


def _levels(found: Sequence[Block], casting: Casting) -> tuple[int, int]:
    """The level of the title (0: no heading is it) and that of the chapters.

    A lone first-level heading is the title; the highest level that is left makes chapters.
    """
    levels = Counter(
        block.level
        for block in found
        if block.kind == "heading" and not block.quoted and not _is_label(block, casting)
    )
    title = 1 if levels[1] == 1 else 0
    return title, min((level for level in levels if level != title and levels[level]), default=0)


def _is_label(block: Block, casting: Casting) -> bool:
    if casting.named(block.text.strip(" *_")):
        return True
    label = parse(block.text)
    if not label or label.form == "bare":
        return False
    return bool(casting.who(label)) or normal(label.name) in RESERVED


def _report_inferred(casting: Casting, findings: Findings, telling: Telling) -> None:
    """With an open cast, say who was found; and who may be a slip of the pen."""
    if not casting.inferred:
        return
    names = ", ".join(f"{one.name} ({one.times})" for one in casting.inferred)
    findings.warning(
        findings.place(0),
        f"no closed cast; speakers found by their labels: {names}; "
        f"`podforge cast {findings.file}` prints front matter that declares them",
    )
    slips = doubtful(casting)
    for item in telling.items:
        for name in getattr(item, "speakers", ()):
            if name in slips:
                text = f'"{name}" speaks once; did you mean "{slips.pop(name)}"?'
                findings.warning(item.place, text)


def _completed(header: Header, telling: Telling) -> Header:
    narrator = telling.manner.narrator
    known = {role.name for role in header.roles}
    speaks = any(narrator in getattr(item, "speakers", ()) for item in telling.items)
    extra = (Role(narrator),) if speaks and narrator not in known else ()
    return replace(
        header,
        title=header.title or telling.title,
        narrator=header.narrator or narrator,
        roles=(*header.roles, *extra),
    )
