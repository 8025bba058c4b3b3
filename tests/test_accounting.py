"""What became of each character of a script: the account is compared with what is spoken."""

import ast
import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podforge.cli.check import check
from podforge.errors import InputError
from podforge.reading import read
from podforge.reading.findings import Findings
from podforge.reading.markdown.reader import covered
from podforge.reading.twin import read_twin
from podforge.script import Account, Cue, Script

HERE = Path(__file__).parent
FRONT = "---\nspeakers: {Mara: m, Tobias: t, Jerod: j}\n---\n"
BOOK = "---\nmode: audiobook\nnarrator: Mara\nspeakers: {Mara: m, Tobias: t, Jerod: j}\n---\n"
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def told(text: str) -> tuple[Script, Account, str]:
    """A script, its account, and what the source says where it is booked as spoken."""
    script, coverage = covered(text, Findings("a.md"))
    return script, coverage.account(), spoken(list(coverage.runs()))


def spoken(runs: list[tuple[str, str]]) -> str:
    """The characters booked as spoken, character references decoded, without white space."""
    parts: list[str] = []
    last = ""
    for rule, text in runs:
        if rule == "spoken":
            parts.append(text)
        elif rule == "entity" and last == "spoken" and text[0] != "&":  # behind a spoken `&`
            before = "".join(parts)
            begin = before.rindex("&")
            parts = [before[:begin], _PRIVATE.sub("", html.unescape(before[begin:] + text))]
        last = rule
    return "".join("".join(parts).split())


def said(script: Script) -> str:
    return "".join("".join(speech.text for speech in script.speeches()).split())


def holds(text: str) -> Account | None:
    """Every character is accounted for, and those that are spoken are those of the items."""
    text = text.replace("\r", " ")
    try:
        script, account, heard = told(text)
    except InputError:
        return None
    assert account.total == sum(1 for c in text if not c.isspace())
    assert account.missing == 0, text
    if "tables: speak" in text:  # commas are put between cells
        assert heard.replace(",", "") == said(script).replace(",", ""), text
    else:
        assert heard == said(script), text
    return account


@pytest.mark.parametrize("path", sorted((HERE.parent / "scripts_examples").glob("*.md")), ids=str)
def test_the_examples_are_accounted_for(path: Path) -> None:
    account = holds(path.read_text())
    assert account
    assert account.sums["spoken"] > account.total / 2


def test_every_text_of_the_tests_of_reading_is_accounted_for() -> None:
    tree = ast.parse((HERE / "test_reading.py").read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    for text in sorted(text for text in texts if isinstance(text, str) and text.strip()):
        holds(text)
        holds(f"{FRONT}**Mara:** Hi.\n\n{text}\n\nMore.")
        holds(f"{BOOK}Hi.\n\n{text}\n\nMore.")


LABELS = [
    "", "", "**Mara:** ", "**Tobias**: ", "__Jerod:__ ", "Mara: ", "**Jerod: ** ",
    "[00:00:28] Mara: ", "Tobias (00:01): ", "**Mara & Tobias:** ", "**Tobias (whispering):** ",
    "- **Jerod:** ", "<v Mara>", '**Jerod: "**', "***Mara:** ", "**Mara: Mara:** ", "**Note:** ",
    "Note: ", "**Jerod** 00:18\n\n", "Mara:\n", "> ", ">> ", "- ", "2. ", "1) ", "- 3. ", "## ",
    "# ", "### Mara\n\n", "    ", "(softly) ", "[warmly] ", "[S1] ", "(00:01:26): ",
    "> [!NOTE]\n> ", "[^1]: ", "- [ ] ", "SFX: ", "**Music:** ", "# **Break:** ",
    "Mara: Yes. Mara: ", "[1]: ", "\t- ", ">\t", "1.\n   ",
]  # fmt: skip
INLINE = [
    "It rained.", "so", "*it*", "**so it was**", "_em_", "***both***", "`code *x*`", "``a ` b``",
    "[laughs]", "(sighs)", "\\[laughter\\]", "[pause]", "[pause 2s]", '<break time="300ms"/>',
    "[music: a.mp3 | loop]", "[sfx: door]", "![x](y.mp3)", "![x](y.png)", "[text](http://x.y/z)",
    "[ref][1]", "[1]", "<http://a.b?c=d>", "[[a|b]]", "![[c]]", "~~no~~", "==yes==", "<b>x</b>",
    "<br>", "<del>x</del>", "x[^1]", "^[note]", '<say as="shi-vawn">Siobhán</say>',
    "<sub alias='W3'>x</sub>", "&amp;", "&quot;", "&nbsp;", "&#42;", "&#8201;", "&foo;",
    "&NotEqualTilde;", "\\*", "\\&amp;", "`&amp;`", "&**amp;**", "f**k", "2*3", "snake_case",
    "[waezm]", "[x]", "[inaudible 00:12]", "(00:01:26)", "(softly)", "<!-- no -->", "%% no %%",
    "https://a.org/b", "4:30", "Mara: no", "5/31", "*(A door.)*", "\ue100", "\ue205", "\ue400",
    "\u2028", "\xa0", "é", "[a<br>b]", "[a&nbsp;b]", '<span lang="fr">oui</span>', "**", "*", "`",
    "[", "](", "<", "&", "\\",
]  # fmt: skip
ALONE = [
    "---", "* * *", "***", "=====", "```\ncode: here\n```", "~~~\n<!-- -->",
    "| a | b |\n|---|---|\n| 1 | 2 |", "*(An oven door opens.)*", "[A door opens.]", "[pause]",
    "[music stop | fade out 3s]", "[1]: https://a.org", "[^1]: a footnote\n    goes on",
    "> [!NOTE]\n> silent", "- [ ] to do", "<script>x</script>", "-", ">", "#",
    "<!-- podforge: skip -->\nno\n\n<!-- podforge: resume -->", "Title\n=====", "a\n---",
    "## Closed ##", "SFX: x", "> ---", "> ## quoted", "> ```\n> x\n> ```", "1. a\n   1. b\n2. c",
    "1. a\nSFX: door\nb", "Mara: a\nb\n===", "- a\n\n  b\n  - c", "1. <!-- 1. --> a",
    '<p lang="fr">Oui.</p>', "[1]: https://a.org\n[1]: Yes.", "|--|", "1. [laughs]\n\n   x",
    "1.\n2. a", "<!-- a\n\nb -->", "[^2]: x\n\n    ```\n    y\n    ```",
]  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5)
LINES = st.builds(
    lambda label, parts, glue: label + glue.join(parts),
    st.sampled_from(LABELS),
    st.lists(st.sampled_from(INLINE) | WORDS, max_size=5),
    st.sampled_from([" ", " ", "", "\n"]),
)
BODIES = st.lists(
    st.tuples(st.sampled_from(ALONE) | LINES, st.sampled_from(["\n\n", "\n\n", "\n"])), max_size=8
).map(lambda parts: "".join(part + gap for part, gap in parts))
FUZZ = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(
    st.sampled_from([FRONT + "**Mara:** Hi.\n\n", FRONT, BOOK, "", "---\nnarrator: N\n---\n"]),
    BODIES,
)
def test_any_script_is_accounted_for(front: str, body: str) -> None:
    holds(front + body)


def test_each_rule_has_its_characters() -> None:
    text = (
        FRONT
        + "# T\n\n## One\n\n**Mara (softly):** Hi &amp; [laughs] *ho* ~~no~~[^1]. [pause 1s]\n\n"
        "> - 2. quoted\n\n[^1]: note\n\n*(door)*\n\n[music: a.mp3]\n\n```\ncode\n```\n\n"
        "| a |\n|---|\n\n<!-- c -->\n\n---\n\n- [ ] todo\n\n"
        "[x]: http://a.b\n\n[hm] x \ue000(0:12)\n"
    )
    sums = holds(text).sums
    assert sums == {
        "front-matter": 40, "heading": 4, "label": 17, "spoken": 15, "event": 8, "markup": 8,
        "entity": 4, "struck": 6, "footnote": 13, "pause": 9, "direction": 8, "cue": 13, "code": 10,
        "table": 8, "comment": 8, "scene": 3, "task": 6, "reference": 14, "unknown mark": 4,
        "private use": 1, "timestamp": 6,
    }  # fmt: skip


def test_what_stands_before_the_first_label_is_preamble() -> None:
    account = holds(f"{FRONT}Title: [laughs] 1\n\n2. two\n\n**Mara:** Hi.")
    assert account.sums["preamble"] == len("Title:12.two")


TWIN = """\
podforge: 1
title: Council night
speakers: {ada: {name: Ada, voice: ada}, ben: {voice: ben}}
segments: [{not: read}]
script:
  - chapter: Opening
  - ada: "Welcome [laughs] *back*."
  - {speaker: [Ada, ben], text: "So & so [pause 1s] it is.", style: softly, id: 7, pause_after: 1s}
  - music: {file: a.mp3, loop: yes}
  - Goodbye.  # a comment
"""


def test_every_text_of_the_twin_is_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TWIN)
    script = read(path)
    account = script.account
    assert account
    assert account.total == sum(1 for c in TWIN if not c.isspace())
    assert account.missing == 0
    assert account.sums["spoken"] == len(said(script))
    assert account.sums["data"] == len("notread7")
    assert (account.sums["event"], account.sums["markup"]) == (8, 2)
    assert (account.sums["pause"], account.sums["cue"]) == (
        len("[pause1s]1s"),
        len("filea.mp3loopyes"),
    )


@FUZZ
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "speaker",
                    "text",
                    "body",
                    "chapter",
                    "pause",
                    "music",
                    "style",
                    "pause_after",
                    "ana",
                    "startTime",
                ]
            ),
            st.sampled_from(INLINE) | st.just("2s"),
            max_size=3,
        )
        | st.sampled_from(INLINE),
        max_size=5,
    )
)
def test_any_twin_is_accounted_for(items: list[object]) -> None:
    text = json.dumps({"version": "1", "script": items}, ensure_ascii=False)
    findings = Findings("a.json")
    try:
        script = read_twin(text, findings, json=True)
    except InputError:
        return
    assert script.account
    assert script.account.missing == 0


def test_the_account_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\nspeakers: {Mara: mara}\n---\n**Mara:** Hi there. [pause]\n")
    done = CliRunner().invoke(check, ["--account", str(path)], standalone_mode=False)
    assert done.return_value == 0
    lines = [line.split() for line in done.output.splitlines()]
    assert lines[0][1:3] == ["50", "characters"]
    assert ["spoken", "8", "16.0%"] in lines
    assert ["pause", "7", "14.0%"] in lines
    assert lines[-1] == ["total", "50", "100.0%"]
    assert "total" not in CliRunner().invoke(check, [str(path)], standalone_mode=False).output


def test_code_and_tables_are_spoken_on_demand() -> None:
    body = "**Mara:** Hi.\n\n> ```py\n> x = *1*\n>\n> y\n> ```\n\n"
    body += "| a | *b* |\n|---|:-:|\n| 1 \\| 2 |  |\n"
    script, _ = covered(
        FRONT.replace("\n", "\ncode: speak\ntables: speak\n", 1) + body, Findings("a")
    )
    assert [speech.text for speech in script.speeches()] == ["Hi.", "x = *1* y", "a, b", "1 | 2"]
    assert {speech.speakers for speech in script.speeches()} == {("Mara",)}
    lines = [speech.place.line for speech in script.speeches()]
    assert lines == [6, 9, 14, 16]


@pytest.mark.parametrize(
    ("wanted", "chapters"),
    [("", ("A", "B")), ("1", ("T",)), ("2", ("A", "B")), ("3", ("a", "b")), ("none", ())],
)
def test_the_level_of_chapters(wanted: str, chapters: tuple[str, ...]) -> None:
    body = "# T\n\n## A\n\n### a\n\n**Mara:** Hi.\n\n## B\n\n### b\n\nHo."
    script, _ = covered(FRONT.replace("\n", f"\nchapters: {wanted}\n", 1) + body, Findings("a"))
    assert script.chapters() == chapters
    assert script.header.title == ("" if wanted == "1" else "T")


@pytest.mark.parametrize("suffix", [".md", ".yaml"])
def test_what_all_speakers_start_from(tmp_path: Path, suffix: str) -> None:
    front = (
        "rate: 1.1\ndefaults: {gain: -2, style: warm}\nmusic: a.mp3 | fade in 1s\n"
        "speakers: {Ana: {voice: a, gain: 1}, Ben: b}\n"
    )
    twin = f"{front}script:\n  - Ana: Hi.\n  - Ben: Ho.\n"
    markdown = f"---\n{front}---\n**Ana:** Hi.\n\n**Ben:** Ho.\n"
    path = tmp_path / f"a{suffix}"
    path.write_text(markdown if suffix == ".md" else twin)
    script = read(path)
    found = [(role.name, role.gain_db, role.style, role.speed) for role in script.header.roles]
    assert found == [("Ana", 1.0, "warm", 1.1), ("Ben", -2.0, "warm", 1.1)]
    first = script.items[0]
    assert isinstance(first, Cue)
    assert (first.kind, first.file, first.options) == ("music", "a.mp3", ("fade in 1s",))


def test_speakers_that_nobody_declares_start_the_same() -> None:
    script, _ = covered(
        "---\nrate: 1.2\n---\n**Ana:** a\n\n**Ben:** b\n\n**Ana:** c", Findings("a")
    )
    assert [(role.name, role.speed) for role in script.header.roles] == [("Ana", 1.2), ("Ben", 1.2)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("footnotes: read", 'error: footnotes are never read: the only value is "skip"'),
        ("code: aloud", 'error: "aloud" is not one of: skip, speak'),
        ("chapters: 7", 'error: "7" is not one of: 1, 2, 3, 4, 5, 6, none'),
        ("defaults: {voice: x}", 'error: unknown setting "voice" of all speakers'),
        ("rate: 160", 'error: "160" is not a number from 0.5 to 2'),
        (
            "chapters: [{time: 1}]",
            "warning: `chapters` is ignored: one text is wanted here, not a list",
        ),
    ],
)
def test_options_that_cannot_be(line: str, problem: str) -> None:
    findings = Findings("a.md")
    covered(FRONT.replace("\n", f"\n{line}\n", 1) + "**Mara:** Hi.", findings)
    assert [str(found) for found in findings.problems if problem in str(found)], findings.problems


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ('**Mara:** <span lang="fr">Bonjour, [pause] vous.</span>', ["fr", "fr"]),
        ("**Mara:** Oh.\n\n<p lang=pt-BR>Bom dia.\n\nYes.", ["", "pt-BR", ""]),
        ("**Mara:** <p class='x' xml:lang='de'>Guten <b>Tag</b>.</p>", ["de"]),
        ('**Mara:** He said <span lang="fr">oui</span>.', [""]),
        ('**Mara:** <span lang="fr">Oui</span>, so <span>he</span>.', [""]),
        ('**Mara:** <span lang="fr">Oui', [""]),
    ],
)
def test_the_language_of_a_paragraph(text: str, languages: list[str]) -> None:
    script, _ = covered(FRONT + text, Findings("a"))
    assert [speech.language for speech in script.speeches()] == languages
    assert "<" not in said(script)


def test_what_is_nested_too_deep_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"{FRONT}**Mara:** Hi.\n\n{'> ' * 60}lost\n")
    with pytest.raises(InputError, match=r"a\.md:6:121: error: this is inside too many"):
        read(path)
