import pickle
import tracemalloc

import pytest

from podforge.clip import Word, Words
from podforge.script import Edit, Spoken
from podforge.wording import timed_words
from tests.builders import say, spoken_as


def test_words_of_the_engine_find_the_written_words():
    words = timed_words(
        say("Ana", "Mind the step."), [(0, 4, 10, 20), (5, 8, 20, 25), (9, 13, 25, 60)], 0, 99
    )
    assert [(w.text, w.start, w.end) for w in words] == [
        ("Mind", 10, 20),
        ("the", 20, 25),
        ("step.", 25, 60),
    ]


def test_a_price_spoken_as_five_words_is_one_written_word():
    text = "Pay $5.20 now."
    spoken = Spoken("Pay five dollars twenty now.", (Edit(4, 23, 4, 9),))
    heard = [(0, 3, 0, 10), (4, 8, 10, 20), (9, 16, 20, 30), (17, 23, 30, 40), (24, 27, 40, 50)]
    words = timed_words(spoken_as(text, spoken), heard, 0, 50)
    assert [(w.text, w.start, w.end) for w in words] == [
        ("Pay", 0, 10),
        ("$5.20", 10, 40),
        ("now.", 40, 50),
    ]


def test_words_that_were_spoken_as_one_share_its_time():
    spoken = Spoken("Go two point five kilometres on.", (Edit(3, 28, 3, 9),))
    heard = [(0, 2, 0, 10), (3, 6, 10, 20), (7, 28, 20, 70), (29, 31, 70, 80)]
    words = timed_words(spoken_as("Go 2.5 km on.", spoken), heard, 0, 80)
    times = [(w.text, w.start, w.end) for w in words]
    assert times == [("Go", 0, 10), ("2.5", 10, 46), ("km", 46, 70), ("on.", 70, 80)]


def test_words_without_a_time_share_what_lies_between_their_neighbours():
    heard = [(0, 3, 0, 10_000), (12, 16, 40_000, 50_000)]
    words = timed_words(say("Ana", "one two six four"), heard, 0, 50_000)
    times = [(w.start, w.end) for w in words]
    assert times == [(0, 10_000), (10_000, 25_000), (25_000, 40_000), (40_000, 50_000)]


def test_a_word_that_was_said_as_one_with_the_word_before_shares_its_time():
    heard = [(0, 2, 0, 10_000), (7, 13, 10_500, 20_000)]
    words = timed_words(say("Ana", "in the street"), heard, 0, 20_000)
    assert [(w.start, w.end) for w in words] == [(0, 4_000), (4_000, 10_000), (10_500, 20_000)]


def test_without_any_times_the_line_is_shared_by_length():
    words = timed_words(say("Ana", "aa bbbb"), [], 100, 160)
    assert [(w.start, w.end) for w in words] == [(100, 120), (120, 160)]


def test_the_way_back_through_the_offset_map():
    spoken = Spoken("at four thirty, Doctor Who", (Edit(3, 14, 3, 7), Edit(16, 22, 9, 12)))
    # written: "at 4:30, Dr. Who"
    assert spoken.source(0, 2) == (0, 2)
    assert spoken.source(3, 7) == (3, 7)
    assert spoken.source(8, 14) == (3, 7)
    assert spoken.source(16, 22) == (9, 12)
    assert spoken.source(23, 26) == (13, 16)


def test_words_that_are_heard_outside_the_line_are_brought_inside():
    words = timed_words(
        say("Ana", "a b c"), [(0, 1, 0, 90), (2, 3, 120, 130), (4, 5, 140, 150)], 0, 110
    )
    times = [t for w in words for t in (w.start, w.end)]
    assert times == sorted(times)
    assert times[-1] <= 110


def test_words_are_kept_as_numbers_and_equal_those_that_are_not():
    rows = [[0, 4, 100, 200], [5, 8, 200, 250], [9, 13, 250, 600]]
    words = Words(rows)
    plain = tuple(Word(*row) for row in rows)
    assert (words == plain, plain == words, hash(words) == hash(plain)) == (True, True, True)
    assert (words[0], words[-1], words[1:], len(words)) == (plain[0], plain[2], plain[1:], 3)
    assert words != Words(rows[:2])
    assert pickle.loads(pickle.dumps(words)) == words
    with pytest.raises(IndexError):
        words[3]
    with pytest.raises(AttributeError):
        words.more = 1


def test_a_word_that_is_kept_takes_as_much_as_its_numbers():
    said = say("Ana", "word " * 10_000)
    tracemalloc.start()
    words = timed_words(said, [], 0, 10_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(words) == 10_000
    assert kept < 10_000 * 4 * 8 * 1.5  # four numbers a word; objects would take five times as much
