import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import Place
from podforge.script import Chapter, Edit, Header, Script, Speech, Spoken, replaced
from podforge.speaking import prepare, rules_of, speak
from podforge.speaking.common import lexicon
from podforge.speaking.offsets import apply, compose

PLACE = Place("a.md", 3, 1)


def said(text: str, language: str = "en") -> str:
    return speak(Spoken(text), rules_of(language)).text


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It costs $5.20.", "It costs 5 dollars and 20 cents."),
        ("$1, £1.01, €0.99", "1 dollar, 1 pound and 1 penny, 99 cents"),
        ("$3.5 million and $20k", "3.5 million dollars and 20 thousand dollars"),
        ("$1,200, all of it", "1,200 dollars, all of it"),
        ("50% of R&B & soul", "50 percent of R and B and soul"),
        ("Henry VIII, Louis XIV", "Henry the 8th, Louis the 14th"),
        ("Chapter IV of World War II", "Chapter 4 of World War 2"),
        (
            "Elizabeth I, and then Charles I thought",
            "Elizabeth the 1st, and then Charles I thought",
        ),
        ("James I'll call", "James I'll call"),
        ("Dr. Ames met Mr. Fox and Mrs. Fox.", "Doctor Ames met Mister Fox and Missus Fox."),
        ("Smith St. and St. Mary", "Smith Street and Saint Mary"),
        ("He lives on Smith St. She left.", "He lives on Smith Street. She left."),
        ("Elm Dr. was quiet", "Elm Drive was quiet"),
        ("apples, pears, etc.", "apples, pears, et cetera."),
        ("Rome vs. Carthage, e.g. twice", "Rome versus Carthage, for example twice"),
        ("No. 5 is alive. No. It is not.", "Number 5 is alive. No. It is not."),
        ("on 3/4/2024", "on March 4th, 2024"),
        ("on 2024-03-22", "on March 22nd, 2024"),
        ("on 45/90/2024", "on 45/90/2024"),
        ("It's 4:30 in the morning.", "It's 4 30 in the morning."),
        ("at 4:05, at 4:00, at 16:00", "at 4 oh 5, at 4 o'clock, at 16 hundred"),
        ("at 4:30 p.m. today, 5:00 PM.", "at 4 30 PM today, 5 PM."),
        ("See https://example.org:8080/b, item", "See example dot org, item"),
        ("go to www.bread.co.uk/early", "go to bread dot co dot uk slash early"),
        ("mail ada@example.org.", "mail ada at example dot org."),
        ("Hi 😀 there 👩🏽\u200d🍳!", "Hi there!"),
        ("nothing to change: 3.5 and 1,000", "nothing to change: 3.5 and 1,000"),
    ],
)
def test_english_is_said_as_it_is_read(written: str, spoken: str) -> None:
    assert said(written) == spoken


def test_dates_follow_the_country() -> None:
    assert said("on 3/4/2024", "en-GB") == "on 3rd of April 2024"
    assert said("on 3/4/2024", "en_US") == "on March 4th, 2024"


def test_other_languages_get_the_common_rules_only() -> None:
    assert said("Das kostet $5 & mehr 😀", "de") == "Das kostet $5 & mehr"
    assert said("می\u200cخواهم", "fa") == "می\u200cخواهم"


def test_control_characters_never_reach_an_engine() -> None:
    assert said("a\x01b\u202ec\u200bd\ue000[[x]]\te") == "abcdx e"


def test_lexicon_prefers_the_exact_spelling() -> None:
    rules = lexicon({"Polish": "Poh-lish", "polish": "pollish", "New York": "Noo York"})
    text = "Polish polish POLISH polished in New York"
    assert speak(Spoken(text), rules).text.startswith(
        "Poh-lish polish".replace("polish", "pollish")
    )
    assert speak(Spoken(text), rules).text.endswith("polished in Noo York")


def test_what_the_lexicon_says_is_left_alone() -> None:
    rules = (*lexicon({"ACME": "A & C, Dr. Me 50%"}), *rules_of("en"))
    assert speak(Spoken("ACME & me"), rules).text == "A & C, Dr. Me 50% and me"


def test_untouched_words_map_to_themselves() -> None:
    text = "Pay $5.20 to Dr. Ames 😀 now, at 4:30 sharp"
    spoken = speak(Spoken(text), rules_of("en"))
    for word in ("Pay", "to", "Ames", "now,", "at", "sharp"):
        found = re.search(rf"(?<!\S){re.escape(word)}(?!\S)", spoken.text)
        assert found
        first, last = spoken.source(found.start(), found.end())
        assert text[first:last] == word
    at = spoken.text.index("20 cents")
    assert text[slice(*spoken.source(at, at + 2))] == "$5.20"


def test_a_reading_given_inline_goes_through_the_rules() -> None:
    inline = Spoken("shi-vawn & $5", (Edit(0, 8, 0, 7),))
    spoken = speak(inline, rules_of("en"))
    assert spoken.text == "shi-vawn and 5 dollars"
    assert spoken.source(0, 8) == (0, 7)
    assert spoken.source(13, 22) == (10, 12)


def test_prepare_fills_every_speech_and_drops_symbols() -> None:
    speech = Speech(("Ada",), "Tea & toast", PLACE)
    rune = Speech(("Ada",), "— 😀 …", Place("a.md", 9, 2))
    script = prepare(
        Script("a.md", Header(lexicon={"toast": "toast!"}), (Chapter("1", PLACE), speech, rune))
    )
    assert [item.said for item in script.speeches()] == ["Tea and toast!"]
    assert script.items[0] == Chapter("1", PLACE)
    (warning,) = script.warnings
    assert (warning.place, warning.severity) == (rune.place, "warning")


pieces = st.text(
    st.sampled_from("aB1 5 $%&.:,/ é😀\x01\u200b\t\n[]IVX") | st.characters(codec="utf-8"),
    max_size=60,
)
fragments = st.lists(
    pieces | st.sampled_from(["$5.20", " Dr. Ames", "Henry VIII ", "4:30", " & ", "https://a.org"]),
    max_size=8,
).map("".join)


@settings(max_examples=100, deadline=None)
@given(fragments)
def test_the_offset_map_always_leads_back(text: str) -> None:
    rules = (*lexicon({"a": "bee", "B1": ""}), *rules_of("en"))
    check_map(text, speak(Spoken(text), rules))


@settings(max_examples=100, deadline=None)
@given(pieces, st.data())
def test_steps_compose(text: str, data: st.DataObject) -> None:
    spoken = Spoken(text)
    for _ in range(3):
        cuts = data.draw(
            st.lists(st.integers(0, len(spoken.text)), max_size=6, unique=True).map(sorted)
        )
        said = data.draw(st.lists(st.text("xyz ", max_size=3), min_size=3, max_size=3))
        ranges = list(zip(cuts[::2], cuts[1::2], said, strict=False))
        spoken = compose(spoken, replaced(spoken.text, ranges))
        check_map(text, spoken)


def check_map(text: str, spoken: Spoken) -> None:
    """Edits are in order and inside both texts, and between them the texts are the same."""
    at = source = 0
    for edit in (*spoken.edits, Edit(len(spoken.text), len(spoken.text), len(text), len(text))):
        assert at <= edit.spoken_start <= edit.spoken_end <= len(spoken.text)
        assert source <= edit.source_start <= edit.source_end <= len(text)
        assert spoken.text[at : edit.spoken_start] == text[source : edit.source_start]
        at, source = edit.spoken_end, edit.source_end


def test_a_rule_does_not_rewrite_what_another_wrote() -> None:
    def upper(text: str):
        return ((m.start(), m.end(), "a") for m in re.finditer("[ab]", text))

    def again(text: str):
        return ((m.start(), m.end(), "c") for m in re.finditer("a", text))

    once = apply(Spoken("b x a"), upper)
    assert apply(once, again).text == "a x a"
    assert apply(once, again, rewrite=True).text == "c x c"
