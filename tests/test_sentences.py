import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.sentences import MAY_END, NEVER_END, ends_sentence, sentence_ends, sentences
from podforge.speaking.shortened import SHORT


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "One here.|Two there.|Three.",
        "Mr. Smith met Dr. Jones.|They left.",
        "It is 3.5 metres.|No more.",
        "He said “Stop.”|She did not.",
        "“Stop!” he said.|She did not.",
        "“Why?” she asked, and (really?) again.|Yes.",
        "What?!|No!|Fine.",
        "Well... maybe so.|Perhaps.",
        "Well...|Maybe so.",
        "And then… nothing.|Silence.",
        "J. R. R. Tolkien wrote it.|We read it.",
        "John F. Kennedy spoke.|They heard him.",
        "See e.g. Smith, i.e. the book.|Then go.",
        "He lives in the U.S.|He likes it.",
        "the U.S. Army is there.|So what.",
        "Apples, pears, etc.|Then plums.",
        "at No. 5 and Fig. 3.|Then no.",
        "He said no.|We left.",
        "It was I.|We saw.",
        "The misc. things were sold.|Good.",
        "Plan B.|Then we left.",
        "我来了。|他走了！|谁？",
        "「行こう。」|彼は言った。",
        "no stop at all",
        "St. Mary stands on Smith St.|The road is long.",
        "(It rained.)|We stayed.",
        "She paused (why?), then spoke.|Good.",
    ],
)
def test_sentences_end_where_they_do(text: str) -> None:
    wanted = text.split("|")
    joint = "" if wanted[0][-1] in "。」" else " "
    assert parts(joint.join(wanted)) == wanted


def test_every_abbreviation_that_is_spoken_out_is_known_here() -> None:
    known = NEVER_END | MAY_END
    last = {short.casefold().rpartition(" ")[2] for short in SHORT}
    assert {word for word in last - known if "." not in word and "&" not in word} == set()


def test_a_stop_that_ends_an_abbreviation_alone() -> None:
    assert not ends_sentence("Dr. Who", 2)
    assert ends_sentence("It rains.", 8)
    assert not ends_sentence("the U.S., too", 7)
    assert ends_sentence("(in the U.S.)", 11)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("aB. ?!…\"'”)。 1I") | st.characters(), max_size=200))
def test_sentences_are_in_order_and_lose_only_white_space(text: str) -> None:
    ends = list(sentence_ends(text))
    assert ends == sorted(set(ends))
    assert all(0 < end < len(text) for end in ends)
    assert "".join("".join(parts(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [". " * 50_000, "." * 100_000, "A." * 50_000, '."' * 50_000, " " * 100_000, ". . " * 25_000],
)
def test_it_takes_linear_time(text: str) -> None:
    begun = time.process_time()
    list(sentence_ends(text))
    assert time.process_time() - begun < 2
