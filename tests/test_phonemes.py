from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.cli.check import check
from podforge.errors import InputError, MissingInput, Place
from podforge.phonemes import from_xsampa, respelled
from podforge.project import Request, open_project
from podforge.reading.pls import read_pls

PLACE = Place("a.pls")
PLS = """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="{}"
  xml:lang="en">{}</lexicon>"""


def pls(lexemes: str, alphabet: str = "ipa") -> dict[str, str]:
    return read_pls(PLS.format(alphabet, lexemes).encode(), PLACE)


@pytest.mark.parametrize(
    ("ipa", "letters"),
    [
        ("ʃɪˈvɔːn", "shih-vawn"),
        ("/ˈɡɜːtə/", "gur-tuh"),
        ("kəˈtɑːr", "kuh-tar"),
        ("ˈlɪtl̩", "lit-ul"),
        ("t͡ʃaɪ", "chye"),
        ("ˈbɔ̃ʒuʁ", "bawn-zhoor"),
        ("ˈaɪvən", "eye-vun"),
        ("njuː ˈjɔːk", "new yawk"),
        ("ˈsɛvən", "sev-un"),
        ("nˈɜːs", "nirss"),  # stress before the vowel, as espeak-ng writes it
        ("ʃaɪn", "shine"),
        ("ˈkiːɪv", "kee-ivv"),  # "iv" would be a numeral
        ("123 ?!", ""),
        ("", ""),
    ],
)
def test_ipa_as_letters(ipa: str, letters: str) -> None:
    assert respelled(ipa) == letters


def test_xsampa() -> None:
    assert from_xsampa('SI"vO:n') == "ʃɪˈvɔːn"
    assert from_xsampa("r\\E_~ t`{@`") == "ɹɛ\u0303 ʈæɚ"


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abdefɡhijklmnŋopɹsʃtʒθuvwzəɪɛæɔʊʌɑːˈˌ.̩̃ 1") | st.characters()))
def test_every_transcription_gives_plain_letters(ipa: str) -> None:
    letters = respelled(ipa)
    assert letters == letters.lower()
    assert all(sign.isascii() and (sign.isalpha() or sign in " -") for sign in letters)
    from_xsampa(ipa)


def test_a_lexicon_of_the_w3c() -> None:
    assert pls(
        "<lexeme><grapheme>Siobhán</grapheme><grapheme>Siobhan</grapheme>"
        "<phoneme>ʃɪˈvɔːn</phoneme></lexeme>"
        "<lexeme><grapheme>W3C</grapheme><alias>World Wide Web\n Consortium</alias></lexeme>"
        '<lexeme><grapheme>x</grapheme><alias>ex</alias><alias prefer="true">eks</alias></lexeme>'
        '<lexeme><grapheme>y</grapheme><phoneme alphabet="x-other">Q</phoneme></lexeme>'
    ) == {
        "Siobhán": "shih-vawn",
        "Siobhan": "shih-vawn",
        "W3C": "World Wide Web Consortium",
        "x": "eks",
    }
    lexeme = '<lexeme><grapheme>b</grapheme><phoneme>SI"vO:n</phoneme></lexeme>'
    assert pls(lexeme, "x-sampa") == {"b": "shih-vawn"}


def test_no_file_is_read_through_a_lexicon(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    text = f'<!DOCTYPE lexicon [<!ENTITY a SYSTEM "{secret.as_uri()}">]>' + PLS.format(
        "ipa", "<lexeme><grapheme>a</grapheme><alias>b&a;</alias></lexeme>"
    ).removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert "secret" not in str(read_pls(text.encode(), PLACE).get("a", "")).replace("&a;", "")


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"\xff\xfe\x00", b"<lexicon>" * 4000, b"x" * 5_000_000]
)
def test_what_is_no_lexicon_is_an_error_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError) as error:
        read_pls(data, PLACE)
    assert error.value.problems[0].place.file == "a.pls"


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=80) | st.text('<lexicon>/graphm&;" ', max_size=80).map(str.encode))
def test_any_bytes_are_a_lexicon_or_an_error(data: bytes) -> None:
    with suppress(InputError):
        read_pls(data, PLACE)


def script(folder: Path, front: str, text: str) -> Path:
    path = folder / "a.md"
    path.write_text(f"---\nspeakers: {{Ana: mara}}\n{front}\n---\n**Ana:** {text}\n")
    return path


def said(path: Path) -> list[str]:
    return [speech.said for speech in open_project(Request(path)).script.speeches()]


def test_lexicons_in_order(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "lexicon.yaml").write_text("a: one\nb: one\nc: one\nd: one\n")
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "x.yaml").write_text("b: two\nc: two\nd: two\n")
    (scripts / "y.pls").write_text(
        PLS.format("ipa", "<lexeme><grapheme>c</grapheme><phoneme>θriː</phoneme></lexeme>")
    )
    path = script(scripts, "lexicon: [x.yaml, y.pls]", "So a b c d e.")
    assert said(path) == ["So one two three two e."]
    sources = open_project(Request(path)).cast.sources
    assert {Path(source).name for source in sources} >= {"lexicon.yaml", "x.yaml", "y.pls"}


def test_entries_of_a_lexicon(tmp_path: Path) -> None:
    front = "lexicon: {Siobhán: {ipa: ʃɪˈvɔːn}, US: {say: you ess, case: exact}, Ng: {say: ing}}"
    path = script(tmp_path, front, "Siobhán's US, us, NG.")
    assert said(path) == ["shih-vawn's you ess, us, ing."]


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("lexicon: ../x.yaml", "in the folder of the script"),
        ("lexicon: /etc/passwd", "in the folder of the script"),
        ("lexicon: {a: {sya: b}}", 'unknown key "sya"'),
        ("lexicon: {a: {ipa: '123'}}", "no transcription in IPA"),
        ("lexicon: {a: {say: b, case: upper}}", '"upper" is not one of'),
        ("lexicon: bad.yaml", "a lexicon is a map"),
    ],
)
def test_what_is_wrong_with_a_lexicon_is_told(tmp_path: Path, front: str, problem: str) -> None:
    (tmp_path / "bad.yaml").write_text("- a\n- b\n")
    with pytest.raises(InputError, match=problem):
        open_project(Request(script(tmp_path, front, "a")))


def test_a_lexicon_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"none\.yaml"):
        open_project(Request(script(tmp_path, "lexicon: none.yaml", "a")))


def test_phonemes_inline(tmp_path: Path) -> None:
    text = (
        '<phoneme alphabet="ipa" ph="ʃɪˈvɔːn">Siobhán</phoneme> and '
        '<say ipa="ˈɡɜːtə">Goethe</say>, '
        "<phoneme alphabet='x-sampa' ph='kA:'>car</phoneme>"
    )
    assert said(script(tmp_path, "", text)) == ["shih-vawn and gur-tuh, kah"]


def test_check_shows_what_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script(tmp_path, "", "It was 1984, at 4:30, all right.")
    shown = CliRunner().invoke(check, ["--spoken", "a.md"]).output
    assert "a.md:5:1: 1984 -> nineteen eighty-four\n" in shown
    assert "4:30 -> four thirty\n" in shown
    assert "right" not in shown
