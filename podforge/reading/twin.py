"""The YAML twin of a Markdown script, and the JSON scripts and transcripts of other tools."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace

from podforge import strict_yaml
from podforge.errors import InputError, Place
from podforge.reading import cues, values
from podforge.reading.findings import Findings
from podforge.reading.header import Options, read_header
from podforge.reading.ledger import Ledger, visible
from podforge.reading.markdown.casting import declared
from podforge.reading.markdown.inline import worked
from podforge.reading.markdown.marks import marked, shares
from podforge.reading.markdown.parts import Effect, Odd, Said, Silence
from podforge.reading.names import meant, normal
from podforge.script import Account, Chapter, Header, Item, Pause, Role, Script, Speech
from podforge.strict_yaml import Mapping as MappingNode
from podforge.strict_yaml import Node, Scalar, Sequence

CONTAINERS = ("script", "transcript", "segments", "beats", "dialogue")
TEXTS = ("text", "dialogue", "body", "content")
SPEAKERS = ("speaker", "speakers", "name", "role", "voice")
_EVENTS = ("chapter", "pause", "music", "sfx")
_OTHER = ("style", "pause_after", "delivery", "emotion", "id", "notes")
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]\w\w)\\u([dD][c-fC-F]\w\w)")


def read_twin(
    text: str,
    findings: Findings,
    *,
    json: bool = False,
    infer: bool = False,
    usual: Iterable[MappingNode] = (),
) -> Script:
    """The script in `text`; raises `InputError` when it cannot be parsed at all."""
    node = strict_yaml.load(_as_yaml(text) if json else text, findings.file)
    settings, items, other = _divided(node)
    if items is None:
        names = ", ".join(CONTAINERS)
        raise InputError.at(node.place, f"there is no list of what is said under one of: {names}")
    header, options = read_header(settings, findings, usual)
    reader = _Twin(header, options, findings, closed=header.closed and not infer)
    reader.book("front-matter", settings)
    for key, value in other.entries:
        reader.book("structure", key)
        reader.book("data", value)
    for item in items.items:
        reader.item(item)
    reader.report()
    narrator = reader.narrator
    known = {normal(role.name) for role in header.roles}
    speaking = dict.fromkeys(who for one in reader.items for who in getattr(one, "speakers", ()))
    extra = tuple(
        replace(options.usual, name=who)
        for who in speaking
        if normal(who) not in known and (who == narrator or options.usual != Role(""))
    )
    header = replace(
        header,
        roles=(*header.roles, *extra),
        narrator=narrator or header.narrator,
        deals=bool(reader.new),
    )
    return Script(findings.file, header, tuple(reader.items), account=reader.account(text, node))


def _as_yaml(text: str) -> str:
    """JSON that YAML reads alike: tabs are blanks, escaped surrogate pairs the characters."""

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[2], 16), int(match[3], 16)
        return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return _PAIR.sub(joined, text.replace("\t", " "))


def _texts(node: Node) -> Iterator[str]:
    """Every key and value in a node."""
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _texts(item)
    else:
        for key, value in node.entries:
            yield key.text
            yield from _texts(value)


def _divided(node: Node) -> tuple[MappingNode, Sequence | None, MappingNode]:
    """The settings, the list of items, and what is neither, such as lists of other tools.

    The key of the list of items is left with an empty value.
    """
    nothing = MappingNode((), node.place)
    if isinstance(node, Sequence):
        return nothing, node, nothing
    if not isinstance(node, MappingNode):
        return nothing, None, nothing
    held = {key.text: value for key, value in node.entries}
    where = next((name for name in CONTAINERS if isinstance(held.get(name), Sequence)), None)
    found = held[where] if where else None
    entries = tuple((key, value) for key, value in node.entries if key.text not in CONTAINERS)
    other = tuple(
        (key, Scalar("", key.place) if key.text == where else value)
        for key, value in node.entries
        if key.text in CONTAINERS
    )
    items = found if isinstance(found, Sequence) else None
    return MappingNode(entries, node.place), items, MappingNode(other, node.place)


class _Twin:
    """The state of the walk over the items."""

    def __init__(
        self, header: Header, options: Options, findings: Findings, *, closed: bool
    ) -> None:
        self.options, self.findings, self.closed = options, findings, closed
        self.names: dict[str, str] = declared(header.roles)
        self.items: list[Item] = [options.music] if options.music else []
        self.ledger = Ledger()
        self.new: dict[str, int] = {}  # speakers nobody declared, and how often they speak
        self.narrator = self.names.get(normal(header.narrator), header.narrator)
        if header.mode == "audiobook" and not self.narrator:
            self.narrator = self.names.get("narrator", "")
        if not self.narrator and len(header.roles) == 1:
            self.narrator = header.roles[0].name
        audiobook = header.mode == "audiobook"
        self.reads_headings = (options.headings or ("read" if audiobook else "")) == "read"
        self.audiobook = audiobook
        self._speakers: tuple[str, ...] = ()

    def book(self, rule: str, node: Node) -> None:
        """All keys and values of a node are a rule's."""
        self.ledger.add(rule, "".join(_texts(node)))

    def account(self, text: str, node: Node) -> Account:
        """What became of the file; what is no key and no value is its structure."""
        self.ledger.add_count("structure", visible(text) - visible("".join(_texts(node))))
        return self.ledger.account(visible(text))

    def item(self, node: Node) -> None:
        """One entry of the list."""
        if isinstance(node, Scalar):
            self._say(self._default(node.place), node, "")
        elif isinstance(node, MappingNode):
            self._entry({key.text: (key, value) for key, value in node.entries}, node.place)
        else:
            self.findings.error(node.place, "a list inside the list of what is said")
            self.book("data", node)

    def _entry(self, entry: Mapping[str, tuple[Scalar, Node]], place: Place) -> None:
        texts = [name for name in TEXTS if name in entry]
        event = next((name for name in _EVENTS if name in entry), None)
        if texts:
            who = self._who(entry, place)
        elif event:
            self._event(event, entry[event][1], place)
            self._book_rest(entry, {event})
            return
        else:
            texts = [name for name in entry if name not in (*_OTHER, *SPEAKERS)]
            if len(texts) != 1:
                known = ", ".join([*_EVENTS, "speaker and text"])
                self.findings.error(place, f"this entry says nothing: it needs one of: {known}")
                self._book_rest(entry, set())
                return
            who = self._named(Scalar(texts[0], entry[texts[0]][0].place))
        style = next((entry[key][1] for key in ("style", "delivery") if key in entry), None)
        self._say(who, entry[texts[0]][1], values.text(style, self.findings) or "" if style else "")
        if "pause_after" in entry:
            self._event("pause", entry["pause_after"][1], place)
        self._book_rest(entry, {texts[0], "pause_after"})

    def _book_rest(self, entry: Mapping[str, tuple[Scalar, Node]], read: Set[str]) -> None:
        """Account for the keys of an entry, and for the values that nothing was made of."""
        speaker = next((name for name in SPEAKERS if name in entry), "")
        style = next((name for name in ("style", "delivery") if name in entry), "")
        rules = {style: "delivery", speaker: "label"}
        for name, (key, value) in entry.items():
            self.book("structure", key)
            if name not in read:
                self.book(rules.get(name, "data"), value)

    def _event(self, kind: str, node: Node, place: Place) -> None:
        if kind != "chapter":
            self.book("pause" if kind == "pause" else "cue", node)
        if kind == "pause":
            length = values.pause(node, self.findings)
            self.items += [Pause(length, place)] if length is not None else []
            return
        if kind != "chapter" and isinstance(node, MappingNode):
            entries = values.settings(node, self.findings, "a file and options") or {}
            texts = {name: setting.text for name, setting in entries.items()}
            self.items.append(cues.mapped("music" if kind == "music" else "sfx", texts, place))
            return
        text = values.text(node, self.findings)
        if text is None:
            self.book("heading" if kind == "chapter" else "data", node)
        elif kind == "chapter":
            self._chapter(text, place)
        else:
            self.items.append(cues.described("music" if kind == "music" else "sfx", text, place))

    def _chapter(self, text: str, place: Place) -> None:
        inline = worked(text, labelled=False)
        title = " ".join(part.text for part in inline.parts if isinstance(part, Said))
        self.items.append(Chapter(title, place))
        who = self._default(place) if self.reads_headings and title else ()
        self.items += [Speech(who, title, place)] if who else []
        self._shared(text, inline.work, "spoken" if who else "heading")

    def _shared(self, text: str, work: str, rule: str) -> None:
        """Account for a text by its working text; `rule` has what is left in it."""
        for one, part in shares(text, work, rule) if marked(work) else [(rule, text)]:
            self.ledger.add(one, part)

    def _who(self, entry: Mapping[str, tuple[Scalar, Node]], place: Place) -> tuple[str, ...]:
        key = next((name for name in SPEAKERS if name in entry), None)
        if key is None:
            return self._default(place)
        found = [self._named(node) for node in values.sequence(entry[key][1])]
        return tuple(dict.fromkeys(name for names in found for name in names))

    def _default(self, place: Place) -> tuple[str, ...]:
        """Who speaks when nobody is named: the narrator of a book, else who spoke last."""
        if self.audiobook and self.narrator:
            return (self.narrator,)
        if self._speakers or self.narrator:
            return self._speakers or (self.narrator,)
        self.findings.error(place, "nobody speaks this: name a speaker")
        return ()

    def _named(self, node: Node) -> tuple[str, ...]:
        name = values.text(node, self.findings)
        if not name:
            if name is not None:
                self.findings.error(node.place, "a speaker needs a name")
            return ()
        known = self.names.get(normal(name))
        if known is None and self.closed:
            guess = meant(name, dict.fromkeys(self.names.values()))
            self.findings.error(node.place, f'unknown speaker "{name}"{guess}')
            return ()
        if known is None or known in self.new:
            known = self.names.setdefault(normal(name), name)
            self.new[known] = self.new.get(known, 0) + 1
        return (known,)

    def _say(self, who: tuple[str, ...], node: Node, style: str) -> None:
        if not isinstance(node, Scalar):
            self.findings.error(node.place, "what is said must be one text")
            self.book("data", node)
            return
        self._speakers = who or self._speakers
        for paragraph in re.split(r"\n[ \t]*\n", node.text):
            inline = worked(paragraph, labelled=True, unknown_tags=self.options.unknown_tags)
            self._shared(paragraph, inline.work, "spoken" if who else "preamble")
            for part in inline.parts:
                match part:
                    case Said() if part.text and who:
                        self.items.append(_speech(who, part, style, node.place))
                    case Silence(seconds):
                        self.items.append(Pause(seconds, node.place))
                    case Effect(cue):
                        self.items.append(replace(cue, place=node.place))
                    case Odd(text, error=True):
                        self.findings.error(node.place, text)
                    case Odd(text):
                        self.findings.warning(node.place, text)

    def report(self) -> None:
        """With an open cast, say who was found."""
        if self.new:
            names = ", ".join(f"{name} ({times})" for name, times in self.new.items())
            text = f"no closed cast; speakers found: {names}; `podforge cast` prints front matter"
            self.findings.warning(Place(self.findings.file), text)


def _speech(who: tuple[str, ...], said: Said, style: str, place: Place) -> Speech:
    delivery = said.delivery or style
    return Speech(who, said.text, place, delivery, said.events, said.language, said.spoken)
