"""Who speaks, by the labels of transcripts as people write them."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from podforge.errors import InputError, PodforgeError
from podforge.reading import Asked, front_matter, read, suggest_cast
from podforge.reading.markdown.labels import parse
from podforge.reading.names import name_like, stopped
from podforge.script import Script

CLOSED = "---\nspeakers: {Ana: a, Ben: b, Jerod: j}\n---\n"


def script_of(tmp_path: Path, text: str) -> Script:
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8")
    return read(path)


def heard(script: Script) -> list[tuple[str, str]]:
    return [(" & ".join(item.speakers), item.text) for item in script.speeches()]


def nobody(tmp_path: Path, text: str) -> None:
    """Nobody is found to speak in a text."""
    with pytest.raises(InputError, match="nothing is spoken"):
        script_of(tmp_path, text)


FORMS = {
    "bold": "**{n}:** {t}",
    "colon behind": "**{n}**: {t}",
    "no space": "**{n}:**{t}",
    "space before the stars": "**{n}: ** {t}",
    "underscores": "__{n}:__ {t}",
    "plain": "{n}: {t}",
    "alone on its line": "{n}:\n{t}",
    "bold, alone on its line": "**{n}:**  \n{t}",
    "paragraph below": "**{n}:**\n\n{t}",
    "italic": "*{n}:* {t}",
    "italic, colon behind": "_{n}_: {t}",
    "whole turn bold": "**{n}: {t}**",
    "whole turn italic": "***{n}:** {t}*",
    "HTML": "<b>{n}:</b> {t}",
    "a time inside": "**[00:00:12] {n}:** {t}",
    "a time inside, text below": "**[00:00:12] {n}**\n{t}",
    "a time after a comma": "**{n}, 00:12:** {t}",
    "a time as code": "**{n}** `00:12` {t}",
    "a dash": "**{n}** — {t}",
    "HTML, colon behind": "<strong>{n}</strong>: {t}",
    "linked": "**[{n}](https://example.org/x):** {t}",
    "emoji before": "**🎲 {n}:** {t}",
    "quotation below": "**{n}:**\n> {t}",
    "name alone": "**{n}**\n\n{t}",
    "full-width colon": "{n}：{t}",
    "full-width colon, bold": "**{n}：**{t}",
    "time behind": "{n} (00:01):\n{t}",
    "time behind, no colon": "{n} (00:01)\n{t}",
    "time in brackets behind": "{n} [0:46]: {t}",
    "time after two spaces": "{n}  0:46  \n{t}",
    "time after a dash": "{n} - 0:46\n\n{t}",
    "time after a dash, colon": "{n} – 00:03:20:\n\n{t}",
    "time after the colon": "{n}: 00:00:19\n{t}",
    "time in brackets after the colon": "{n}: [00:00:19] {t}",
    "time after bold": "**{n}** 00:18\n\n{t}",
    "time in brackets after bold": "**{n}** [00:18]: {t}",
    "time before": "[00:00:28] {n}: {t}",
    "time before bold": "[00:28] **{n}**: {t}",
    "bold time before bold": "**[00:00:28]** **{n}**: {t}",
    "bare time before": "00:28 {n}: {t}",
    "span before": "[00:00:28.000 --> 00:00:31.500] {n}: {t}",
    "seconds before": "[12.5s - 14.0s] {n}: {t}",
    "chat on one telephone": "[12/03/2021, 9:14:05 PM] {n}: {t}",
    "chat on another": "12/03/2021, 09:14 - {n}: {t}",
    "chat export": "{n}, [12/03/2021 09:14]\n{t}",
    "delivery": "**{n} (softly):** {t}",
    "voice tag": "<v {n}>{t}",
}
NAMES = (
    ("Ana", "Ben"), ("Dr. Chen", "D'Arcy O'Neil-Smith"), ("THE COURT", "MR. BOWES"),
    ("DM", "C-3PO"),
    ("Siobhán Ní Bhriain", "Ludwig van Beethoven"), ("主持人", "嘉宾"), ("Audience member", "Host"),
    ("Speaker 1", "Speaker 2"), ("Ольга", "José María"),
)  # fmt: skip
TURNS = (
    "What do we bake?", "Bread.", "Here is the thing: nobody knows.", "It's 4:30, isn't it?",
    "Note: wear boots.", "Yes, and then we went home, all of us.",
)  # fmt: skip


def conversation(form: str, names: tuple[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """A conversation in one form of label, and who says what in it."""
    said = [(names[index % 2], text) for index, text in enumerate(TURNS)]
    return "\n\n".join(FORMS[form].format(n=name, t=text) for name, text in said), said


def written(form: str, said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"🎲 {name}" if form == "emoji before" else name, text) for name, text in said]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("names", NAMES, ids=" ".join)
def test_every_form_shows_who_speaks(tmp_path: Path, form: str, names: tuple[str, str]) -> None:
    text, said = conversation(form, names)
    assert heard(script_of(tmp_path, text)) == written(form, said)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_in_a_closed_cast(tmp_path: Path, form: str) -> None:
    text, said = conversation(form, ("Ana", "Ben"))
    mark = "🎲 " if form == "emoji before" else ""
    cast = f"---\nspeakers: {{{mark}Ana: a, {mark}Ben: b}}\n---\n"
    script = script_of(tmp_path, cast + text)
    assert heard(script) == written(form, said)
    assert script.warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "Q. Where were you?\nA. At home.\nQ. All night?\nA. I was.\nQ. Alone?\nA. No.",
        "**Q: Where were you?**\n**A:** At home.\n\n**Q: All night?**\n**A:** I was.\n\n"
        "**Q: Alone?**\n**A:** No.",
        "**Q.** Where were you?\n\n**A.** At home.\n\n**Q.** All night?\n\n**A.** I was.\n\n"
        "**Q.** Alone?\n\n**A.** No.",
        "Q: Where were you?\nA: At home.\n\nQ: All night?\nA: I was.\n\nQ: Alone?\nA: No.",
    ],
)
def test_questions_and_answers(tmp_path: Path, text: str) -> None:
    texts = ("Where were you?", "At home.", "All night?", "I was.", "Alone?", "No.")
    assert heard(script_of(tmp_path, text)) == list(zip("QAQAQA", texts, strict=True))


def test_recognisers_number_their_speakers(tmp_path: Path) -> None:
    text = "[00:18:55] SPEAKER_01: Next.\n[00:18:56] SPEAKER_00: Yes.\n[00:18:57] SPEAKER_01: Ok."
    label = parse(text.split("\n")[0])
    assert label
    assert (label.name, label.form, label.rest) == ("SPEAKER_01", "strong", "Next.")
    assert [text for _, text in heard(script_of(tmp_path, text))] == ["Next.", "Yes.", "Ok."]


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("**Jerod: ** Yes.", "Yes."),
        ("**Jerod: Jerod:** Yeah.", "Yeah."),
        ('**Jerod: "**Never stop', '"Never stop'),
        ("***Jerod:** Every lash*", "Every lash"),
        ("**Jerod:**&quot;SPA is fast.&quot;", '"SPA is fast."'),
        (r"**Jerod:** WASM \[waezm\] it is", "WASM it is"),
        ("**Jerod:**\n\n2. Sure. Sometimes.", "2. Sure. Sometimes."),
        ("**Jerod:**\n\n(00:01:26): and more", "and more"),
        ("Jerod: 00:00:19\nthe speech", "the speech"),
        ("Jerod: Yeah. Jerod: Anyway", "Yeah. Anyway"),
        ("**Jerod:** [PAUSE 60 sec - let learner think] Now.", "Now."),
    ],
)
def test_odd_lines_of_real_files(tmp_path: Path, line: str, spoken: str) -> None:
    script = script_of(tmp_path, f"{CLOSED}**Ana:** Hi.\n\n{line}")
    assert heard(script) == [("Ana", "Hi."), ("Jerod", spoken)]


def test_a_name_without_a_colon_is_text_and_a_break_is_music(tmp_path: Path) -> None:
    text = "**Ana:** Hi.\n\n**Jerod** Yeah yeah\n\n# **Break:** \\[25:59\\] to \\[27:11\\]"
    script = script_of(tmp_path, CLOSED + text)
    assert heard(script) == [("Ana", "Hi."), ("Ana", "Jerod Yeah yeah")]
    assert '"Jerod" is read as text: a label ends with a colon' in script.warnings[0].text


def test_a_cue_that_holds_whole_sentences_is_told(tmp_path: Path) -> None:
    text = f"{CLOSED}**Ana:** Hi.\n\n**Outro:** Thanks for listening, and see you all next week.\n"
    (warning,) = script_of(tmp_path, text).warnings
    assert str(warning).endswith(
        'a.md:6:1: warning: "Outro:" is a cue, whose 9 words are not spoken; '
        "declare it as a speaker to have them said"
    )


def test_an_emoji_or_what_is_not_seen_makes_no_other_name(tmp_path: Path) -> None:
    text = f"{CLOSED}**🎙️ Ana:** One.\n\n**Ben ✌:** Two.\n\n**\u200bAn\u00ada:** Three.\n"
    said = [("Ana", "One."), ("Ben", "Two."), ("Ana", "Three.")]
    assert heard(script_of(tmp_path, text)) == said


def test_words_that_are_explained_are_nobody(tmp_path: Path) -> None:
    nobody(tmp_path, "**Leaven** — It makes dough rise.\n\n**Crumb** — What is inside a loaf.\n")


def test_a_break_in_an_open_cast_is_nobody(tmp_path: Path) -> None:
    lines = [
        "**Ana:** Hello.",
        "**Ben:** Hi.",
        "**Break:** \\[25:59\\] to \\[27:11\\]",
        "**Ana:** Ho.",
    ]
    script = script_of(tmp_path, "\n\n".join(lines))
    assert heard(script) == [("Ana", "Hello."), ("Ben", "Hi."), ("Ana", "Ho.")]


def test_tags_that_cross(tmp_path: Path) -> None:
    text = "<Person1> <emphasis> Exactly! </emphasis> That's it</Person1>\n\n<Person2>Yes</Person2>"
    said = [("Person1", "Exactly! That's it"), ("Person2", "Yes")]
    assert heard(script_of(tmp_path, text)) == said


def test_one_misspelt_name_among_many(tmp_path: Path) -> None:
    text = "\n\n".join(["**Tobias:** Well?", "**Mara:** Well."] * 18 + ["**Tobais:** Bye."])
    warnings = [problem.text for problem in script_of(tmp_path, text).warnings]
    assert '"Tobais" speaks once; did you mean "Tobias"?' in warnings


@pytest.mark.parametrize(
    "guest", ["$STDOUT", "Clippy at the launch 5/31/2001", "Paul✌", "Man in the crowd", "Kara S."]
)
def test_a_guest_speaks_once(tmp_path: Path, guest: str) -> None:
    lines = ["**Ana:** Hello.", "**Ben:** Hi.", "**Ana:** Who is it?", f"**{guest}:** Me.", "Yes."]
    said = heard(script_of(tmp_path, "\n\n".join(lines)))
    assert [text for name, text in said if name not in ("Ana", "Ben")] == ["Me.", "Yes."]


def test_a_guest_in_plain_type_where_everybody_is(tmp_path: Path) -> None:
    text = "\n".join(["MR. HILL: Objection!", "THE COURT: Why?"] * 4)
    script = script_of(tmp_path, text + "\nTHE CLERK: All rise.\nMR. HILL: The boat: it sank.")
    assert heard(script)[-2:] == [("THE CLERK", "All rise."), ("MR. HILL", "The boat: it sank.")]


def test_a_guest_may_open_the_conversation(tmp_path: Path) -> None:
    text = "**Runtime:** 20 minutes\n\n**Announcer:** Welcome to the bakery.\n\n"
    text += "**Ana:** Hello.\n\n**Ben:** Hi.\n\n**Ana:** Bread?"
    assert heard(script_of(tmp_path, text))[0] == ("Announcer", "Welcome to the bakery.")


def test_those_who_each_speak_once_under_a_heading(tmp_path: Path) -> None:
    parts = [f"## Part {n}\n\n**Host:** What is it?\n\n**Guest:** It is bread." for n in (1, 2, 3)]
    assert script_of(tmp_path, "\n\n".join(parts)).speakers() == ("Host", "Guest")


def test_an_ensemble_and_an_alias(tmp_path: Path) -> None:
    text = "**Ana & Ben:** Bye!\n\n**Ana, Ben and Jerod:** Bye!\n\n**All:** Bye!"
    closed = "---\nspeakers: {Ana: {voice: a, aliases: [Host]}, Ben: b, Jerod: j, All: c}\n---\n"
    said = heard(script_of(tmp_path, f"{closed}**Host:** Hi.\n\n{text}"))
    assert [name for name, _ in said] == ["Ana", "Ana & Ben", "Ana & Ben & Jerod", "All"]
    lines = ("**Ana:** One.", "**Ben:** Two.", "**Ana:** Three.", "**Ana & Ben:** Bye!")
    open_cast = "\n\n".join(lines)
    assert heard(script_of(tmp_path, open_cast))[-1] == ("Ana & Ben", "Bye!")


def test_a_heading_is_a_label_only_if_declared(tmp_path: Path) -> None:
    said = heard(script_of(tmp_path, f"{CLOSED}## Ana\n\nHi.\n\n## Anna\n\nHo.\n\n## Ben\n\nYes."))
    assert said == [("Ana", "Hi."), ("Ana", "Ho."), ("Ben", "Yes.")]


def test_a_list_of_who_takes_part_is_not_spoken(tmp_path: Path) -> None:
    text = "**Hosts:**\n\n- **Ana:** A baker.\n- **Ben:** A miller.\n\n"
    text += "**Ana:** Hi.\n\n**Ben:** Ho.\n\n**Ana:** Bread?\n\n- **Ben:** In a list."
    said = [("Ana", "Hi."), ("Ben", "Ho."), ("Ana", "Bread?"), ("Ben", "In a list.")]
    assert heard(script_of(tmp_path, text)) == said
    minutes = "- **Ana:** In a list.\n- **Ben:** And so am I."
    assert [name for name, _ in heard(script_of(tmp_path, CLOSED + minutes))] == ["Ana", "Ben"]


RECORD = (
    "#### {n}. An idea\n\n- Bake bread\n\n**Time:** 2 hours\n**Risk:** Low\n**Oven:** Yes\n"
    "**Why this matters to us:** It is bread.\n**Yield:** None\n"
)
PROSE = {
    "notes": "**Note:** It is hot.\n\nWe bake.\n\n**Warning:** Mind it.\n\n**Note:** It is hot.",
    "records": "\n".join(RECORD.format(n=n) for n in range(1, 6)),
    "code": "\n\n".join(["if x == 1:\n    y: int\nelse:\n    z: str"] * 4),
    "recipe": "Serves: 4\nTime: 2 hours\n\nFlour: 500 g\nWater: 300 g\nSalt: 10 g\n\nMix it all.",
    "headings": "\n\n".join(["**Pros**\n\n- cheap\n\n**Cons**\n\n- slow"] * 3),
    "mail": "From: a@example.org\nTo: b@example.org\nSubject: Bread\n\nWe bake tomorrow.",
    "agenda": "09:30 Opening: the clock\n10:00 Bread: how to\n11:00 Flour: where from",
    "phrases": "\n\n".join(["It works like this: we bake.", "Yes.", "The rest is easy: eat."] * 5),
    "consequences": "\n\n".join(
        f"### {n}. Level\n\n**Community Impact**: Somebody was rude.\n\n**Consequence**: We talk."
        for n in (1, 2, 3)
    ) + "\n\n" + "\n\n".join(["We want everybody to be welcome here."] * 12),
    "a list with letters": "A. Mix it.\n\nB. Knead it.\n\nC. Bake it.\n\nA. Eat it.\n\nA. Enjoy.",
}  # fmt: skip


@pytest.mark.parametrize("kind", PROSE)
def test_nobody_speaks_in_prose(tmp_path: Path, kind: str) -> None:
    nobody(tmp_path, f"# Title\n\nSome words before it.\n\n{PROSE[kind]}\n")


def test_data_beside_a_conversation_is_nobody(tmp_path: Path) -> None:
    talk = "\n\n".join(["**Dr. Hill:** It is elegant.", "**Amanda Reed:** I agree with you."] * 6)
    script = script_of(tmp_path, f"# Debate\n\n## Talk\n\n{talk}\n\n## Ideas\n\n{PROSE['records']}")
    assert script.speakers() == ("Dr. Hill", "Amanda Reed")


def test_fragments_between_sentences_are_nobody(tmp_path: Path) -> None:
    turn = "**Ana:** Is it hot?\n\n**Ben:** It is hot.\n\n**Oven:** 230 degrees or so"
    assert script_of(tmp_path, "\n\n".join([turn] * 4)).speakers() == ("Ana", "Ben")


@pytest.mark.parametrize(
    "name",
    ["Ana", "Dr. Chen", "MR. O'NEIL", "Ludwig van Beethoven", "主持人", "Man in crowd"],
)
def test_what_is_a_name(name: str) -> None:
    assert name_like(name)
    assert not stopped(name)


@pytest.mark.parametrize("phrase", ["It works like this", "if x", "var {x}", "Really?", "a `b`"])
def test_what_is_no_name(phrase: str) -> None:
    assert not name_like(phrase)


def test_the_cast_that_is_printed_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(conversation("time before", ("Ana", "D'Arcy O'Neil"))[0], encoding="utf-8")
    found = suggest_cast(path)
    assert [(one.name, one.turns) for one in found.speakers] == [("Ana", 3), ("D'Arcy O'Neil", 3)]
    declared = script_of(tmp_path, front_matter(found, ["a", "b"]) + path.read_text())
    assert declared.header.closed
    assert declared.warnings == ()


NAME = st.sampled_from([name for names in NAMES for name in names])
TURN = st.tuples(st.integers(0, 2), st.sampled_from(TURNS), st.booleans())
ROOM = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ROOM
@given(
    st.sampled_from([form for form in FORMS if form not in ("emoji before", "name alone")]),
    st.lists(NAME, min_size=3, max_size=3, unique=True),
    st.lists(TURN, min_size=12, max_size=30),
)
@example("plain", ["Ana", "Ben", "THE COURT"], 12 * [(0, TURNS[0], False)])
def test_any_conversation_is_attributed(
    tmp_path: Path, form: str, cast: list[str], turns: list[tuple[int, str, bool]]
) -> None:
    order = [0, 1, 2, 0, 1, 2, *(who for who, _, _ in turns)]  # each speaks, and speaks again
    said = [(cast[who], text) for who, (_, text, _) in zip(order, turns, strict=False)]
    text = "\n\n".join(FORMS[form].format(n=name, t=spoken) for name, spoken in said)
    assert heard(script_of(tmp_path, text)) == said


HOSTILE = (
    "[", "**", "a:", "<", "`", "(", "\\", "&", "~", "_", "> ", "- ", "  - a\n", "**a:** ",
    "[a]: b\n", "[[", "| a ", "![", "<!--", "**a", "*a:* ", "00:01 a: ", "[00:01] ",
    "a  0:01\n", "Q. a\n", "a：", "<b>a", "**[a](", "<v a>", "[S1] a ", "a (", "# a\n",
    "a\n---\n", "\n", "字", "**A:** b\n\n",
)  # fmt: skip
MARKS = st.sampled_from(HOSTILE)


def seconds(tmp_path: Path, text: str) -> float:
    """How long reading takes; only our own errors may end it."""
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    for asked in (Asked(), Asked(infer=True)):
        with suppress(PodforgeError):
            read(path, asked)
    return (time.process_time() - start) / 2


@pytest.mark.parametrize(
    "unit", ["[a]: b\n", "(0:12)", "**a:** ", "a  0:01\n", "**[a](", "Q. a\n", "a: "]
)
def test_repetitions_are_not_slow(tmp_path: Path, unit: str) -> None:
    text = f"{CLOSED}**Ana:** Hi.\n\n{unit * (50_000 // len(unit))}"
    assert seconds(tmp_path, text) < 1.5


@ROOM
@given(st.lists(MARKS, min_size=1, max_size=4).map("".join), st.booleans())
def test_no_mixture_is_slow_or_breaks(tmp_path: Path, unit: str, declared: bool) -> None:
    text = unit * (6_000 // len(unit))
    assert seconds(tmp_path, (CLOSED if declared else "") + text) < 1.0


ALONE = "---\nspeakers: {Ana: ana}\n---\n"


@pytest.mark.parametrize(
    "text", ["**Bob:** Good evening.\n\n**Bob:** It is late.", "**Bob:** Hello."]
)
def test_somebody_else_where_the_declared_speaker_has_no_label(tmp_path: Path, text: str) -> None:
    (told,) = script_of(tmp_path, ALONE + text).warnings
    assert "no label names one of the declared speakers (Ana)" in told.text
    assert "read as text: Bob (" in told.text


@pytest.mark.parametrize(
    "text",
    [
        "A walk in the hills is long.\n\n**Note:** Take boots.\n\nThey keep feet dry.",
        "A walk is long, and wet.\n\n**Tip:** Take boots.\n\nThey keep your feet dry.\n\n"
        "So it goes.\n\n**Tip:** Take a coat.\n\nThat is all.",
        "**Ana:** Hello.\n\nNothing more.",
    ],
)
def test_prose_of_the_only_speaker_is_told_of_nobody(tmp_path: Path, text: str) -> None:
    assert script_of(tmp_path, ALONE + text).warnings == ()
