"""A Markdown script: front matter, blocks, cast, and who says what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from podforge.reading import frontmatter
from podforge.reading.findings import Findings
from podforge.reading.header import Options, read_header
from podforge.reading.ledger import ODD_SPACE, Coverage
from podforge.reading.markdown.blocks import Block, blocks
from podforge.reading.markdown.casting import Casting, cast_of, doubtful
from podforge.reading.markdown.comments import blanked, hidden
from podforge.reading.markdown.inferring import Seen
from podforge.reading.markdown.inferring import infer as infer_cast
from podforge.reading.markdown.labels import parse
from podforge.reading.markdown.passages import labels, links, passages
from podforge.reading.markdown.telling import Manner, Telling
from podforge.reading.names import RESERVED, listed, meant, normal
from podforge.script import Header, Role, Script
from podforge.strict_yaml import Mapping


def read_markdown(
    text: str, findings: Findings, *, infer: bool = False, usual: Sequence[Mapping] = ()
) -> Script:
    """The script in `text`; what is wrong with it is told to `findings`.

    With `infer` the cast counts as open, whatever the front matter says.  `usual` holds where it
    says nothing (`read_header`).
    Raises `InputError` when the front matter cannot be parsed at all.
    """
    script, coverage = covered(text, findings, infer=infer, usual=usual)
    return replace(script, account=coverage.account())


def covered(
    text: str, findings: Findings, *, infer: bool = False, usual: Sequence[Mapping] = ()
) -> tuple[Script, Coverage]:
    """The script in `text`, and what became of each character; see `read_markdown`."""
    front = frontmatter.split(text, findings.file)
    header, options = read_header(front.settings, findings, usual)
    begin = _start_of_line(text, front.body)
    body = text[begin:]
    silent = hidden(body, findings, front.body)
    seen = blanked(body, silent)
    if not seen.isascii():
        seen = ODD_SPACE.sub(" ", seen)  # a line of it is blank, if not to CommonMark
    coverage = Coverage(text, text[:begin] + seen)
    coverage.mark(0, begin, "front-matter")
    found = list(blocks(seen.split("\n"), front.body))
    told = list(passages(found, coverage))
    paragraphs = sum(1 for passage in told if passage.pieces and not _apart(passage.block))
    closed = header.closed and not infer
    shown = labels(told)
    casting = cast_of(header.roles, closed, shown, paragraphs)
    telling = Telling(_manner(header, options, casting, found, findings), findings, coverage)
    telling.tell(told)
    coverage.mark_structure()
    for start, end, rule in silent:
        coverage.mark(begin + start, begin + end, rule)
    _report_lost(text, coverage, findings)
    _report_inferred(casting, findings, telling)
    if closed and not telling.started:
        _report_strangers(infer_cast(shown, casting.names, paragraphs), casting, findings)
    header = _completed(header, telling, options.usual)
    opening = (options.music,) if options.music else ()
    return Script(findings.file, header, (*opening, *telling.items)), coverage


def _apart(block: Block) -> bool:
    """Whether a block is one where labels show nobody."""
    return block.listed or block.quoted


def _report_lost(text: str, coverage: Coverage, findings: Findings) -> None:
    """What no rule has, nobody would hear and nobody would miss: the parser gave up on it."""
    lost = coverage.first_missing()
    if lost >= 0:
        place = findings.place(text.count("\n", 0, lost) + 1, lost - text.rfind("\n", 0, lost))
        findings.error(place, "this is inside too many quotations and lists to be read")


def _start_of_line(text: str, number: int) -> int:
    """The offset of a line; of the end where there is none such.  Lines count from 0."""
    at = 0
    for _ in range(number):
        at = text.find("\n", at) + 1 or len(text)
    return at


def _manner(
    header: Header, options: Options, casting: Casting, found: Sequence[Block], findings: Findings
) -> Manner:
    title, chapter = _levels(found, casting, options.chapters)
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


def _levels(found: Sequence[Block], casting: Casting, wanted: str) -> tuple[int, int]:
    """The level of the title (0: no heading is it) and that of the chapters (0: there are none).

    A lone first-level heading is the title; the highest level that is left makes chapters, unless
    another one is wanted.
    """
    levels = Counter(
        block.level
        for block in found
        if block.kind == "heading" and not block.quoted and not _is_label(block, casting)
    )
    title = 1 if levels[1] == 1 and wanted != "1" else 0
    if wanted:
        return title, 0 if wanted == "none" else int(wanted)
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
    most = sorted(casting.inferred, key=lambda one: -one.times)
    names = listed(f"{one.name} ({one.times})" for one in most)
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


def _report_strangers(found: Sequence[Seen], casting: Casting, findings: Findings) -> None:
    """With a closed cast of which no label names anybody, say whom the labels seem to name."""
    if found:
        names = listed(f"{one.name} ({one.times})" for one in found)
        findings.warning(
            findings.place(0),
            f"no label names one of the declared speakers ({listed(casting.speakers())}); "
            f"what looks like others is read as text: {names}; declare them under `speakers`",
        )


def _completed(header: Header, telling: Telling, usual: Role) -> Header:
    """The header with roles for those who speak and need one though nobody declared them."""
    narrator = telling.manner.narrator
    extra: dict[str, Role] = {}
    declared = {role.name for role in header.roles}
    for item in telling.items:
        for name in getattr(item, "speakers", ()):
            if name not in declared and (name == narrator or usual != Role("")):
                extra.setdefault(name, replace(usual, name=name, place=item.place))
    return replace(
        header,
        title=header.title or telling.title,
        narrator=header.narrator or narrator,
        roles=(*header.roles, *extra.values()),
        deals=bool(telling.manner.casting.inferred),
    )
