"""YAML comes as strings with places, and nothing in it can surprise."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.errors import InputError, Place
from podforge.strict_yaml import MOST_DEPTH, Mapping, Node, Scalar, Sequence, load

PLAIN = Mapping | Sequence | Scalar


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def test_scalars_stay_the_strings_that_were_written() -> None:
    text = "a: no\nb: 12:30:45\nc: 1e3\nd: ~\ne:\nf: '0x1F'\n1: [yes, null, 2026-01-31]\n"
    assert plain(load(text, "f")) == {
        "a": "no", "b": "12:30:45", "c": "1e3", "d": "~", "e": "", "f": "0x1F",
        "1": ["yes", "null", "2026-01-31"],
    }  # fmt: skip


def test_every_node_knows_its_place_in_the_file() -> None:
    top = load("a: 1\nb:\n  - x\n  - {ö: 😀, k: v}\n", "f.yaml", line_offset=10)
    assert isinstance(top, Mapping)
    assert top.keys() == ("a", "b")
    assert top.get("none") is None
    items = top.get("b")
    assert isinstance(items, Sequence)
    assert items.items[0].place == Place("f.yaml", 13, 5)
    inner = items.items[1]
    assert isinstance(inner, Mapping)
    assert [key.place.column for key, _ in inner.entries] == [6, 12]
    assert inner.get("k") == Scalar("v", Place("f.yaml", 14, 15))


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_an_empty_document_is_an_empty_scalar(text: str) -> None:
    assert plain(load(text, "f")) == ""


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("a: &x 1", "1:4", "anchors"),
        ("a: 1\nb: *x", "2:4", "aliases"),
        ("a: !!int 1", "1:4", "tags"),
        ("a: !!python/object:os.system x", "1:4", "tags"),
        ("a:\n  <<: {b: 1}", "2:3", "merge"),
        ("a: 1\nb: 2\na: 3", "3:1", "again, first in line 1"),
        ("? [a, b]\n: c", "1:3", "key must be a single text"),
        (
            "a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x",
            "2:1",
            "a merge conflict: choose one",
        ),
        ("a: 1\n=======\nb: 2", "2:1", "a merge conflict"),
        ("a: 1\n---\nb: 2", "2:1", "second YAML document"),
        ("text: Note: this", "1:11", "put quotes"),
        ("a: @b", "1:4", "put quotes"),
        ("a: 'open", "1:4", "not valid YAML"),
        ("a: b\nc\n", "3:1", "not valid YAML"),
        ("a: x\x01", "1:5", r"U\+0001"),
        ("a: \ud800", "1:4", r"U\+D800"),
        ("a: \x00", "1:4", r"U\+0000"),
        ("[" * 100_000, "1:22", f"more than {MOST_DEPTH}"),
        ("- " * 5_000 + "a", "1:43", f"more than {MOST_DEPTH}"),
    ],
)
def test_surprises_are_errors_with_their_place(text: str, where: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load(text, "f.yaml")
    assert str(caught.value.problems[0].place).startswith(f"f.yaml:{where.split(':')[0]}:")
    if "open" not in text:
        assert str(caught.value.problems[0].place) == f"f.yaml:{where}"


def test_too_much_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InputError, match="at most 10 are read"):
        load("a: " + "b" * 8, "f", most=10)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-?&*!|>'\"{}[]#%@, \n\t\x01é", max_size=60))
def test_any_text_is_a_tree_or_an_input_error(text: str) -> None:
    try:
        node = load(text, "f")
    except InputError as error:
        place = error.problems[0].place
    else:
        assert isinstance(node, PLAIN)
        place = node.place
    assert place.file == "f"


TREES = st.recursive(
    st.text(alphabet="abc é:#-'\"\\\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text("xyz", min_size=1), TREES, min_size=1))
def test_a_quoted_tree_comes_back_as_it_was(tree: dict[str, object]) -> None:
    assert plain(load(json.dumps(tree), "f")) == tree
