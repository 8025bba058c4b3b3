"""Books: EPUB 2 and 3, as people and programs make them."""

import io
import stat
import struct
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podforge.errors import InputError, PodforgeError, UsageError
from podforge.reading import Asked, Findings, read
from podforge.reading.epub import container, read_epub
from podforge.script import Chapter, SceneBreak, Script, Speech

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
JPEG = b"\xff\xd8\xff\xe0picture"
PROSE = "<p>The oven was cold, and nobody came down to light it before six.</p>"


def page(body: str, *, attributes: str = "", lang: str = "en") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://example.org/xhtml11.dtd">\n'
        f'<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{lang}" '
        'xmlns:epub="http://www.idpf.org/2007/ops" '
        'xmlns:ssml="http://www.w3.org/2001/10/synthesis">'
        f"<head><title>t</title></head><body {attributes}>{body}</body></html>"
    )


def book(
    path: Path,
    documents: dict[str, str | bytes],
    *,
    toc: str = "",
    metadata: str = "<dc:title>The Bakery</dc:title><dc:creator>Mara Quill</dc:creator>"
    "<dc:language>en</dc:language>",
    manifest: str = "",
    spine: str = "",
    after: str = "",
    files: dict[str, str | bytes] | None = None,
) -> Path:
    """An EPUB with these documents, in the order given."""
    items = "".join(
        f'<item id="d{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(documents)
    )
    order = "".join(f'<itemref idref="d{number}"/>' for number in range(len(documents)))
    nav = {"nav.xhtml": page(f'<nav epub:type="toc"><ol>{toc}</ol></nav>')} if toc else {}
    if nav:
        items += '<item id="n" href="nav.xhtml" media-type="a/b" properties="nav"/>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{items}{manifest}</manifest><spine {spine or '>' + order}</spine>"
        f"{after}</package>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/book.opf", package)
        for name, data in {**documents, **nav, **(files or {})}.items():
            archive.writestr(f"OEBPS/{name}", data)
    return path


@pytest.fixture
def told(tmp_path):
    """What a book with one document, or these, becomes."""

    def tell(body: str | dict[str, str | bytes], include: tuple[str, ...] = (), **more) -> Script:
        documents = body if isinstance(body, dict) else {"one.xhtml": page(body)}
        script = read(book(tmp_path / "book.epub", documents, **more), Asked(include=include))
        assert script.account is not None
        assert script.account.missing == 0
        return script

    return tell


def lines(script: Script) -> list[str]:
    """Everything in order, in short."""
    found = []
    for item in script.items:
        match item:
            case Chapter(title):
                found.append(f"# {title}")
            case SceneBreak():
                found.append("* * *")
            case Speech():
                how = f" ({item.delivery})" if item.delivery else ""
                found.append(f"{' & '.join(item.speakers)}{how}: {item.text}")
    return found


def heard(script: Script) -> list[str]:
    return [speech.text for speech in script.speeches()]


def texts(script: Script) -> str:
    return "\n".join(str(warning) for warning in script.warnings)


# The book as a whole


def test_metadata_mode_and_cover(told):
    script = told(
        PROSE,
        metadata='<dc:title id="t">A Play</dc:title><dc:title id="s">In Short</dc:title>'
        '<meta refines="#t" property="title-type">subtitle</meta>'
        '<meta refines="#s" property="title-type">main</meta>'
        '<dc:creator id="c">Ana Roe</dc:creator><dc:creator id="i">An Illustrator</dc:creator>'
        '<meta refines="#c" property="role">aut</meta><meta refines="#i" property="role">ill</meta>'
        "<dc:language>eng</dc:language><dc:date>2015-05-12T00:01:00Z</dc:date>"
        "<dc:description>&lt;p&gt;A short one.&lt;/p&gt;</dc:description>",
        manifest='<item id="c" href="c.jpg" media-type="image/jpeg" properties="cover-image"/>',
        files={"c.jpg": JPEG},
    )
    header = script.header
    assert (header.title, header.author, header.date) == ("In Short", "Ana Roe", "2015-05-12")
    assert (header.language, header.description) == ("en", "A short one.")
    assert (header.mode, header.narrator, header.closed, header.deals) == (
        "audiobook", "Narrator", True, True,
    )  # fmt: skip
    assert [role.name for role in header.roles] == ["Narrator"]
    assert script.cover == JPEG


@pytest.mark.parametrize(("data", "kept"), [(JPEG, True), (b"<svg/>", False)])
def test_cover_of_epub_2(told, data, kept):
    script = told(
        PROSE,
        metadata='<dc:title>T</dc:title><meta name="cover" content="pic"/>',
        manifest='<item id="pic" href="c.x" media-type="image/jpeg"/>',
        files={"c.x": data},
    )
    assert bool(script.cover) is kept


def test_chapters_of_the_navigation_with_parts_and_fragments(told):
    script = told(
        {
            "part.xhtml": page('<section epub:type="part"><h1>Part One</h1></section>'),
            "one.xhtml": page(f"<hgroup><h2>I</h2><p>The Oven</p></hgroup>{PROSE}"),
            "two.xhtml": page(
                f'<h2>II</h2>{PROSE}<p>Before.<a id="three"/></p><h2>III</h2><p>Later.</p>'
            ),
            "four.xhtml": page("<p class='head'>IV: The Bread</p><p>It rose.</p>"),
        },
        toc='<li><a href="part.xhtml">Part One</a><ol><li><a href="one.xhtml">I: The Oven</a></li>'
        '<li><a href="two.xhtml">II</a></li><li><a href="two.xhtml#three">III</a></li>'
        '<li><a href="four.xhtml">IV: The Bread</a></li></ol></li>',
    )
    assert script.chapters() == ("Part One", "I: The Oven", "II", "III", "IV: The Bread")
    assert heard(script).count("IV: The Bread") == 1
    after = lines(script).index("# III")
    assert lines(script)[after - 1 : after + 3] == [
        "Narrator: Before.", "# III", "Narrator: III", "Narrator: Later.",
    ]  # fmt: skip


def test_chapters_of_an_ncx_and_of_headings(told):
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>'
        '<navPoint><navLabel><text>First</text></navLabel><content src="one.xhtml"/></navPoint>'
        '<navPoint><navLabel><text>Second</text></navLabel><content src="two.xhtml#x"/></navPoint>'
        "</navMap></ncx>"
    )
    documents = {"one.xhtml": page(PROSE), "two.xhtml": page(f'<div id="x">{PROSE}</div>')}
    item = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    order = 'toc="ncx"><itemref idref="d0"/><itemref idref="d1"/>'
    script = told(documents, manifest=item, spine=order, files={"toc.ncx": ncx})
    assert script.chapters() == ("First", "Second")
    script = told(f"<h1>The Bakery</h1><h2>One</h2>{PROSE}<h2>Two</h2>{PROSE}<h3>x</h3>{PROSE}")
    assert script.chapters() == ("One", "Two")
    assert "The Bakery" in heard(script)
    script = told(f"<h1>1</h1><h2>The Sea</h2>{PROSE}<h1>2</h1><h2>The Mill</h2>{PROSE}")
    assert script.chapters() == ("1: The Sea", "2: The Mill")


def test_the_order_is_that_of_the_spine(told):
    documents = {
        name: page(f"<p>{name[0]} speaks.</p>") for name in ("a.xhtml", "b.xhtml", "c.xhtml")
    }
    order = (
        '><itemref idref="d2"/><itemref idref="d0" linear="no"/><itemref idref="d1"/>'
        '<itemref idref="gone"/>'
    )
    script = told(documents, spine=order)
    assert heard(script) == ["c speaks.", "b speaks."]
    assert "left out: Nonlinear (2 words)" in texts(script)
    assert '"gone"' in texts(script)
    assert heard(told(documents, ("nonlinear",), spine=order)) == [
        "c speaks.", "a speaks.", "b speaks.",
    ]  # fmt: skip


# What is not the book

MATTER = {
    "cover.xhtml": ("<p>Cover.</p>", "cover"),
    "a.xhtml": ('<section epub:type="titlepage"><p>A title.</p></section>', "titlepage"),
    "b.xhtml": ('<section epub:type="imprint"><h2>Imprint</h2><p>Made.</p></section>', "copyright"),
    "c.xhtml": ('<div role="doc-toc"><p>A list.</p></div>', "contents"),
    "d.xhtml": ("<h2>Also by Mara Quill</h2><p>The Mill.</p>", "ads"),
    "e.xhtml": ("<p>All rights reserved. ISBN 1.</p>", "copyright"),
    "f.xhtml": ("<h1>Index</h1><p>Bread, 12</p>", "index"),
    "g.xhtml": ("<h1>Bibliography</h1><p>A book.</p>", "bibliography"),
    "h.xhtml": ('<section epub:type="endnotes"><p>A note.</p></section>', "notes"),
    "i.xhtml": ('<ul epub:type="z3998:dramatis-personae"><li>Ana</li></ul>', "cast"),
    "j.xhtml": ('<div id="pg-footer"><p>A licence.</p></div>', "licence"),
}


@pytest.mark.parametrize("name", MATTER)
def test_matter_is_left_out_and_listed(told, name):
    body, rule = MATTER[name]
    documents = {"ch1.xhtml": page(PROSE), name: page(body)}
    script = told(documents)
    assert len(heard(script)) == 1
    assert script.account.sums[rule] > 0
    assert texts(script).count("left out:") == 1
    assert len(heard(told(documents, (rule,)))) > 1
    assert len(heard(told(documents, ("all",)))) > 1


@pytest.mark.parametrize(
    "kind",
    [
        "preface",
        "foreword",
        "introduction",
        "prologue",
        "epigraph",
        "dedication",
        "epilogue",
        "afterword",
    ],
)
def test_what_belongs_to_the_book_is_heard(told, kind):
    script = told({f"{kind}.xhtml": page(f'<section epub:type="{kind}">{PROSE}</section>')})
    assert len(heard(script)) == 1


def test_a_chapter_called_notes_is_a_chapter(told):
    body = f'<section epub:type="chapter"><h2>Notes</h2>{PROSE}</section>'
    assert len(heard(told({"notes.xhtml": page(body)}))) == 2
    behind = f"<h2>One</h2>{PROSE}<h2>Notes</h2><p>n</p>"
    assert "Notes" not in heard(told(behind))


def test_project_gutenberg_around_a_book(told):
    script = told(
        "<p>The Project Gutenberg eBook of X</p>"
        "<p>*** START OF THE PROJECT GUTENBERG EBOOK X ***</p>"
        f"<p>Produced by Ben</p><h2>CONTENTS</h2><p>One</p><h2>One</h2>{PROSE}"
        "<p>*** END OF THE PROJECT GUTENBERG EBOOK X ***</p><p>You may copy it.</p>"
    )
    assert lines(script)[:2] == ["# One", "Narrator: One"]
    assert len(heard(script)) == 2


def test_project_gutenberg_of_old_around_a_book(told):
    script = told(
        "<p>The Project Gutenberg Etext of X</p><p>Much law.</p>"
        "<p>*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*</p>"
        f"<p>This etext was prepared by Ben</p><h2>One</h2>{PROSE}"
        "<p>In the end the small print won.</p>"
        "<p>*** END OF THIS COPYRIGHTED PROJECT GUTENBERG EBOOK X ***</p><p>You may copy it.</p>"
    )
    assert len(heard(script)) == 3
    script = told(f"<p>Prepared from rye, by hand.</p>{PROSE}")
    assert len(heard(script)) == 2


# Paragraphs


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("<p>A&nbsp;b&mdash;c &amp; d &eacute;</p>", "A b—c & d é"),
        ("<p><span class='dropcap'>T</span>he end</p>", "The end"),
        ("<p><img src='t.png' alt='T'/>he end</p>", "The end"),
        ("<p>One<br/>two<br/>\nthree</p>", "One two three"),
        ("<p>in\xadvis\u200bible</p>", "invisible"),
        ("<p>A <span epub:type='pagebreak'>12</span>b</p>", "A b"),
        ("<p>A <span class='page-num'>[Pg 3]</span>c</p>", "A c"),
        ("<p>Said.<a epub:type='noteref' href='#n'>1</a></p>", "Said."),
        (
            "<p>Said.<sup><a href='#n'>1</a></sup> See <a href='#n'>chapter 2</a></p>",
            "Said. See chapter 2",
        ),
        ("<p>Said<a href='#n'>[12]</a> so<a href='#m'>*</a>.</p>", "Said so."),
        ("<p>A <span hidden='hidden'>x</span>b<i aria-hidden='true'>x</i></p>", "A b"),
        ("<p>A</p><p style='display: none'>x</p>", "A"),
        ("<p class='pagebreak'>Yes.</p><p class='pb sp'>No.</p>", "Yes.|No."),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt></ruby> a</p>", "漢 a"),
        ("<p>So <math alttext='x squared'><mi>x</mi></math> is</p>", "So x squared is"),
        ("<p>A</p><svg><text>no</text></svg>", "A"),
        (
            "<ol start='3'><li>a</li><li><p>b</p><p>c</p></li></ol><ul><li>d</li></ul>",
            "3. a|4. b|c|d",
        ),
        ("<dl><dt>Rye</dt><dd>A flour.</dd></dl>", "Rye|A flour."),
        (
            "<blockquote><p>Dear Ana,</p><footer><p>Yours</p></footer></blockquote>",
            "Dear Ana,|Yours",
        ),
        ("<p>A<span epub:type='footnote'>n</span> b</p>", "A b"),
        ("<div class='stanza'><div>One</div><div>two.</div></div><p>X</p>", "One two.|X"),
        ("<p class='ln'>One <span class='lnum'>5</span></p><p class='ln'>two.</p>", "One two."),
        ("<div epub:type='titlepage'><p>T</p><p epub:type='epigraph'>E</p></div>", "E"),
        ("<p>A</p><aside epub:type='footnote'><p>n</p></aside>", "A"),
        ("<p>A</p><div class='footnote'><p>n</p></div>", "A"),
        (
            "<p>A<a href='#q'>[1]</a></p><div id='q'><p><a href='#r'>[1]</a> n</p><p>m</p></div>",
            "A",
        ),
        ("<figure><img alt='x'/><figcaption>An oven.</figcaption></figure>", "An oven."),
        ("<table><tr><td>laid out</td></tr></table>", "laid out"),
        (
            "<p>“Note: wear boots.”</p><p><b>Step one.</b> Do.</p>",
            "“Note: wear boots.”|Step one. Do.",
        ),
    ],
)
def test_what_of_a_paragraph_is_heard(told, body, wanted):
    assert heard(told(body)) == wanted.split("|")


@pytest.mark.parametrize(
    "mark", ["<hr/>", "<p>* * *</p>", "<p>⁂</p>", "<p>—</p>", "<p>*&#160;*</p>"]
)
def test_scene_breaks(told, mark):
    script = told(f"<p>One.</p>{mark}{mark}<p>Two.</p>{mark}")
    assert lines(script) == ["Narrator: One.", "* * *", "Narrator: Two."]


def test_tables_code_and_pictures_are_warned_about(told):
    script = told(
        "<p>A</p><table><tr><td>1</td><td>2 3</td></tr></table><pre><code>x = 1</code></pre>"
        "<pre>A poem\n  in lines</pre><p><img alt='x'/><img alt='y'/></p>"
    )
    assert heard(script) == ["A", "A poem in lines"]
    assert "a table is not spoken: 2 words" in texts(script)
    assert "code is not spoken" in texts(script)
    assert "pictures are not spoken: 2 in all" in texts(script)


def test_the_language_of_a_block(told):
    script = told(
        "<p xml:lang='fr'>Bonjour à tous.</p><p><i lang='fr'>Oui,</i> she said.</p>"
        "<p><i xml:lang='la'>Finis.</i></p><p xml:lang='en-GB'>Colour.</p>"
    )
    assert [speech.language for speech in script.speeches()] == ["fr", "", "la", ""]


def test_pronunciations(told):
    lexicon = (
        '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" '
        'alphabet="ipa" xml:lang="en"><lexeme><grapheme>Ghent</grapheme>'
        "<alias>gent</alias></lexeme>"
        "</lexicon>"
    )
    script = told(
        '<p>Then <span ssml:ph="ʃɪˈvɔːn">Siobhán <i>R.</i></span> left Ghent.</p>',
        manifest='<item id="l" href="l.pls" media-type="application/pls+xml"/>',
        files={"l.pls": lexicon},
    )
    speech = next(script.speeches())
    assert script.header.lexicon == {"Ghent": "gent"}
    assert speech.text == "Then Siobhán R. left Ghent."
    assert speech.said.startswith("Then sh")
    assert speech.said.endswith("vawn left Ghent.")
    assert speech.spoken.source(5, 14) == (5, 15)


# Plays


def row(name: str, text: str) -> str:
    return f'<tr><td epub:type="z3998:persona">{name}</td><td>{text}</td></tr>'


def aside(text: str) -> str:
    return f'<i epub:type="z3998:stage-direction">{text}</i>'


def test_a_play_set_as_a_table(told):
    rows = [
        "<tr><td/><td>" + aside("Enter <b epub:type='z3998:persona'>Ben</b>.") + "</td></tr>",
        row("Ana", "Is it done?"),
        row(
            "BEN.",
            f"{aside('Languidly.')} Nearly. {aside('Laughs.')} No—{aside('He rises.')} wait.",
        ),
        row("Ana and Ben", "<p>Good</p><p>night!</p>"),
        row(f"All {aside('aside')}", "Bye."),
        '<tr><td rowspan="2" epub:type="z3998:persona">The Bakers</td><td>Oh!</td></tr>',
        "<tr><td>Ah!</td></tr>",
        row("Ana", "<p><span>One line,</span><br/><span>another.</span></p>"),
    ]
    script = told(
        '<section epub:type="chapter z3998:scene"><h2>Act I</h2><p>A kitchen.</p>'
        f"<table>{''.join(rows)}"
        f'</table><p epub:type="z3998:stage-direction">Curtain</p></section>'
    )
    assert lines(script) == [
        "# Act I", "Narrator: Act I", "Narrator: A kitchen.", "Ana: Is it done?",
        "BEN (languidly): Nearly. No— wait.", "Ana & BEN: Good", "Ana & BEN: night!",
        "All (aside): Bye.", "The Bakers: Oh!", "The Bakers: Ah!", "Ana: One line, another.",
    ]  # fmt: skip
    assert next(s for s in script.speeches() if s.delivery == "languidly").events == (
        (8, "laughs"),
    )
    assert [role.name for role in script.header.roles] == [
        "Narrator", "Ana", "BEN", "All", "The Bakers",
    ]  # fmt: skip
    assert {"label", "direction"} <= set(script.account.sums)


def test_a_play_with_names_on_lines_of_their_own(told):
    names = ["VALÈRE", "LE COMTE"]
    body = "".join(f"<p>{name}</p><p>Ah, {n}.</p>" for n in range(4) for name in names)
    script = told(f"<h2>Scène I</h2>{body}<p>UN VALET</p><p>Monsieur !</p><p>FIN</p>")
    assert [role.name for role in script.header.roles] == ["Narrator", *names, "UN VALET"]
    assert lines(script)[-2:] == ["UN VALET: Monsieur !", "Narrator: FIN"]


def test_a_delivery_behind_a_comma(told):
    pair = "<p>HARPAGON, à part. — Ah, {0}.</p><p>VALÈRE. Oh.</p>"
    script = told("".join(pair.format(n) for n in range(4)))
    assert lines(script)[0] == "HARPAGON (à part): Ah, 0."


def test_a_list_of_actors_is_no_dialogue(told):
    actors = row("Ana:", "Miss Roe").replace("<td>", '<td epub:type="z3998:actor">')
    assert {s.speakers for s in told(f"{PROSE}<table>{actors * 3}</table>").speeches()} == {
        ("Narrator",)
    }


def test_classes_that_name_speakers(told):
    script = told(
        '<h2>I</h2><p class="speaker">CLOWN</p><p>Hey, nuncle.</p><p class="stage">He goes.</p>'
        '<p class="speaker">FOOL.</p><p>Ho.</p><p><span class="speaker">KING</span> Now!</p>'
        "<p><b epub:type='z3998:persona'>Ana</b>: And me.</p>" * 2
    )
    assert [line for line in lines(script) if "Narrator" not in line and line[0] != "#"] == [
        "CLOWN: Hey, nuncle.", "FOOL: Ho.", "KING: Now!", "Ana: And me.",
    ] * 2  # fmt: skip


@pytest.mark.parametrize(
    "label",
    [
        "{}.",
        "{}:",
        "{}.<br/>",
        "<b>{}.</b>",
        "<b>{}</b>.",
        "<span class='smcap'>{}</span>.",
        "{} (softly).",
    ],
)
def test_names_before_speeches_without_any_semantics(told, label):
    names = ["MRS. PEARCE", "BEN", "LADY ANA"]
    body = "".join(
        f"<p>{label.format(name)} Text {n} of it.</p>" for n in range(4) for name in names
    )
    script = told(
        f"<h2>ACT I.</h2><p>SCENE. A room.</p>{body}<p>A VOICE. Help!</p><p>[<i>Exit.</i></p>"
    )
    assert [role.name for role in script.header.roles] == ["Narrator", *names, "A VOICE"]
    assert "Narrator: SCENE. A room." in lines(script)
    assert heard(script)[2] == "Text 0 of it."
    assert heard(script)[-1] == "Help!"


@pytest.mark.parametrize(
    "body",
    [
        "<p>MR. HOLMES. That was the name.</p>" + PROSE * 12,
        "".join(f"<p><b>WORD{n}.</b> A thing.</p>" for n in range(20)),
        "".join(f"<p><span class='smcap'>It was</span> night {n}.</p>{PROSE}" for n in range(20)),
        "".join(f"<h2>{n}</h2><p>“Yes: no,” he said. CHAPTER {n}. A. B.</p>" for n in range(20)),
        "".join(
            f"<p>NOTE. Thing {n}.</p><p>STEP {n}. Do.</p><p>PROOF. It is so.</p>" for n in range(20)
        ),
    ],
)
def test_prose_has_no_speakers(told, body):
    assert {speech.speakers for speech in told(body).speeches()} == {("Narrator",)}


@pytest.mark.parametrize(
    "text",
    [
        "NATO" + ", a group" * 28 + ", at 3.5 percent",
        "ANA" + ", a" * 90 + ".x",
        "ANA" + " (0:12)" * 40 + "x",
        "ANA" + "<i epub:type='z3998:stage-direction'>" + "x" * 90 + "</i>x",
        "ANA" + ", a (b)" * 40 + "x",
    ],
)
def test_labels_take_no_longer_than_they_are(told, text):
    started = time.perf_counter()
    told(f"<p>{text}</p>{PROSE}" * 3)
    assert time.perf_counter() - started < 2


def test_notes_and_styles_take_no_longer_than_they_are(told):
    started = time.perf_counter()
    told(
        f"<p>A<a href='{'#' * 20_000}'>[1]</a></p>",
        manifest='<item id="s" href="s.css" media-type="text/css"/>',
        files={"s.css": "/* a" * 20_000},
    )
    assert time.perf_counter() - started < 2


def test_a_delivery_of_two_parts(told):
    pair = "<p>HARPAGON, à part, (to A. B.). — Ah, {0}.</p><p>VALÈRE, bas, à Élise. Oh.</p>"
    script = told("".join(pair.format(n) for n in range(4)))
    assert heard(script)[:2] == ["Ah, 0.", "Oh."]


def test_speakers_at_once(told):
    rows = (
        row("Ana", "Yes.") + row("Ben", "No.") + row("Ana und Ben", "So!") + row("Ana, Ben.", "O!")
    )
    assert lines(told(f"<table>{rows}</table>"))[2:] == ["Ana & Ben: So!", "Ana & Ben: O!"]


# Files as they come


@pytest.mark.parametrize(
    "document",
    [
        page(PROSE).encode("utf-16"),
        b"\xef\xbb\xbf" + page(PROSE).encode(),
        page("<p>The b&eacute;ton & caf\xe9</p>").encode("latin-1"),
        page("<p>Unclosed <b>bold</p><p>Next<br>line").encode(),
        b"<html><body><p>No namespace</p></body></html>",
        b"<p>No root</p><p>at all",
    ],
)
def test_documents_that_are_not_as_they_should_be(told, document):
    assert heard(told({"a b.xhtml": document}))


def test_references_that_are_escaped_or_differ_in_case(told):
    script = told({"Ch%201.XHTML": page(PROSE)})
    assert len(heard(script)) == 1


def test_a_missing_document_is_a_warning(told):
    script = told(PROSE, manifest='<item id="x" href="gone.xhtml" media-type="a/b"/>',
                  spine='><itemref idref="x"/><itemref idref="d0"/>')  # fmt: skip
    assert "OEBPS/gone.xhtml: warning: is missing" in texts(script)


def test_without_a_container_file(tmp_path):
    path = book(tmp_path / "a.epub", {"one.xhtml": page(PROSE)})
    other = tmp_path / "b.epub"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if not name.startswith("META-INF"):
                new.writestr(name, old.read(name))
    assert heard(read(other))


def encryption(algorithm: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        f'xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{algorithm}"/>'
        "</EncryptedData></encryption>"
    )


def test_protected_books_are_refused_and_obfuscated_fonts_are_not(tmp_path):
    for algorithm, fine in (
        ("http://www.idpf.org/2008/embedding", True),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", False),
    ):
        path = book(tmp_path / "a.epub", {"one.xhtml": page(PROSE)})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("META-INF/encryption.xml", encryption(algorithm))
        if fine:
            assert heard(read(path))
        else:
            with pytest.raises(InputError, match="DRM"):
                read(path)


def test_hostile_archives(tmp_path):
    path = book(tmp_path / "a.epub", {"one.xhtml": page(PROSE)})
    link = zipfile.ZipInfo("OEBPS/link.xhtml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.xhtml", "x")
        archive.writestr("/etc/evil", "x")
        archive.writestr(link, "/etc/passwd")
    script = read(path)
    assert heard(script)
    assert texts(script).count("it is not read") == 3


@pytest.mark.parametrize("size", [12 * 2**20, 40 * 2**20])
def test_bombs(tmp_path, size):
    path = book(tmp_path / "a.epub", {"one.xhtml": b"<p>" + b" " * size})
    with pytest.raises(InputError, match="unpacks to more"):
        read(path)


@pytest.mark.parametrize("limit", ["MOST_UNPACKED", "MOST_READ"])
def test_more_than_a_book_has(tmp_path, monkeypatch, limit):
    path = book(tmp_path / "a.epub", {f"{n}.xhtml": page(PROSE) for n in range(9)})
    assert len(heard(read(path))) == 9
    monkeypatch.setattr(container, limit, 2000 if limit == "MOST_READ" else 200)
    with pytest.raises(InputError, match="unpacks to more"):
        read(path)


def test_a_bomb_that_lies_about_its_size(tmp_path):
    path = book(tmp_path / "a.epub", {"one.xhtml": b"<p>x" + b" " * 30 * 2**20})
    data = path.read_bytes().replace(struct.pack("<I", 4 + 30 * 2**20), struct.pack("<I", 4000))
    path.write_bytes(data)
    with pytest.raises(InputError):
        read(path)


def test_too_many_files(tmp_path):
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_001):
            archive.writestr(str(number), "")
    with pytest.raises(InputError, match="more than 20000 files"):
        read(path)


def test_entities_do_not_multiply(told):
    bomb = (
        '<!DOCTYPE html [<!ENTITY a "lol"><!ENTITY b "&a;&a;">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    body = page("<p>Before &a; &b; &x; &unknown; after</p>").partition("<html")
    text = heard(told({"one.xhtml": bomb + body[1] + body[2]}))[0]
    assert text == "Before lol &b; &x; &unknown; after"


def test_what_is_no_epub(tmp_path):
    path = tmp_path / "a.epub"
    for data in (b"", b"plain text", b"PK\x03\x04" + b"\0" * 40):
        path.write_bytes(data)
        with pytest.raises(InputError, match="not an EPUB"):
            read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(InputError, match="no package document"):
        read(path)


def test_an_unknown_part_is_a_mistake(tmp_path):
    path = book(tmp_path / "a.epub", {"one.xhtml": page(PROSE)})
    with pytest.raises(UsageError, match='"notices"'):
        read(path, Asked(include=("notices",)))


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("epub") / "a.epub"
    play = row("Ana", "Is it?") + row("Ben", aside("Aside.") + " It is.")
    documents = {
        "one.xhtml": page(f"<h2>One</h2>{PROSE}<p>Said<a href='#n'>[1]</a>.</p><p id='n'>n</p>"),
        "two.xhtml": page(f"<h2>Two</h2><table>{play}</table><p>ANA. Yes.</p><ol><li>x</li></ol>"),
    }
    book(
        path,
        documents,
        toc='<li><a href="one.xhtml">One</a></li><li><a href="two.xhtml">Two</a></li>',
    )
    stored = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))  # not deflated: damage reaches the XML
    return stored.getvalue()


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_is_an_error_of_ours_or_none(tmp_path, sample, data):
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    end = data.draw(st.one_of(st.none(), st.integers(0, len(damaged))))
    path = tmp_path / "damaged.epub"
    path.write_bytes(damaged[:end])
    findings = Findings(str(path))
    try:
        script = read_epub(path, Asked(), findings)
    except PodforgeError:
        return
    assert script.account.missing == 0


INLINE = st.sampled_from(
    ["<b>", "</b>", "<p>", "</p>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<li>", "<ol>",
     "ANA. ", "Yes.", "[", "]", "(", ")", "<i>", "</i>", "<br/>", "&nbsp;", "&", "<", "* * *",
     "<h2>", "</h2>", "<a href='#x'>1</a>", "<span class='speaker'>Ben</span>", "<hr/>", " ",
     ", a", "(0:12)", "NATO", "\x01", "<p id='x' class='footnote'>",
     "<td epub:type='z3998:persona'>", "\xad", "Notes", "<sup>"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(INLINE, max_size=40))
def test_every_character_is_accounted_for(tmp_path, parts):
    path = book(tmp_path / "a.epub", {"one.xhtml": page(PROSE + "".join(parts))})
    script = read_epub(path, Asked(), Findings(str(path)))
    assert script.account.missing == 0
    for speech in script.speeches():
        assert speech.text == " ".join(speech.text.split()) != ""


@pytest.mark.parametrize("depth", [300, 1_500])
def test_text_below_many_elements_is_read(tmp_path: Path, depth: int) -> None:
    body = f"<p>Before.</p>{'<div>' * depth}Deep.{'</div>' * depth}<p>After.</p>"
    script = read(book(tmp_path / "b.epub", {"a.xhtml": page(body)}))
    assert [item.text for item in script.speeches()] == ["Before.", "Deep.", "After."]
    assert script.warnings == ()


def test_text_that_no_parser_reaches_is_told(tmp_path: Path) -> None:
    body = f"<p>Before.</p>{'<div>' * 5_000}{'Deep. ' * 100}{'</div>' * 5_000}"
    script = read(book(tmp_path / "b.epub", {"a.xhtml": page(body)}))
    assert any("characters could not be read" in w.text for w in script.warnings)
