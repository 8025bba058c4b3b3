"""Phonemes as letters: an IPA transcription becomes a respelling that any engine can read.

The International Phonetic Alphabet is read as of its chart of 2020, X-SAMPA as of Wells (1995,
"Computer-coding the IPA").  A respelling is for readers of English: `ʃɪˈvɔːn` is "shih-vawn".
Letters stay small, because engines spell words in capitals out.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

MOST_PHONES = 400  # of one transcription; what follows is not a word


# A vowel before a consonant of its syllable, and at the end of one.  Chosen by trying the usual
# spellings between eleven onsets and thirteen codas, and taking those espeak-ng reads back best.
_VOWELS = {
    "i": ("ee", "ee"), "ɪ": ("i", "ih"), "e": ("e", "ay"), "ɛ": ("e", "eh"), "æ": ("a", "ah"),
    "a": ("ah", "ah"), "ɑ": ("ah", "ah"), "ɒ": ("o", "aw"), "ɔ": ("aw", "aw"), "o": ("oh", "oh"),
    "ʊ": ("oo", "oo"), "u": ("oo", "oo"), "ʌ": ("u", "uh"), "ə": ("u", "uh"), "ɜ": ("ir", "ur"),
    "y": ("oo", "oo"), "ø": ("ir", "ur"), "ɨ": ("i", "ee"), "ɯ": ("oo", "oo"), "ɤ": ("u", "uh"),
    "eɪ": ("ay", "ay"), "aɪ": ("uy", "ye"), "ɔɪ": ("oy", "oy"), "aʊ": ("ou", "au"),
    "oʊ": ("oh", "oh"), "ɪə": ("eer", "eer"), "eə": ("air", "air"), "ʊə": ("oor", "oor"),
    "ju": ("ew", "ew"), "ɑɹ": ("ar", "ar"), "ɔɹ": ("or", "or"), "ɛɹ": ("air", "air"),
    "ɪɹ": ("eer", "eer"), "ʊɹ": ("oor", "oor"),
}  # fmt: skip
_ALONE = {"aɪ": "eye", "ju": "yoo", "eɪ": "ay", "aʊ": "ow"}  # with nothing before it
_SHORT = frozenset("ɪɛæɒʌ")  # English keeps a consonant after these: "sev-un", not "seh-vun"
_CONSONANTS = {
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "ɡ": "g", "f": "f", "v": "v", "θ": "th",
    "ð": "th", "s": "s", "z": "z", "ʃ": "sh", "ʒ": "zh", "h": "h", "m": "m", "n": "n",
    "ŋ": "ng", "l": "l", "ɹ": "r", "w": "w", "j": "y", "tʃ": "ch", "dʒ": "j", "ts": "ts",
    "x": "kh", "ɲ": "ny", "ʎ": "ly", "ɬ": "hl", "ʍ": "wh",
}  # fmt: skip
# Sounds that English has no letters for, as the nearest one it has.
_NEAREST = {
    "ʏ": "y", "œ": "ø", "ɘ": "ə", "ɵ": "ʊ", "ɐ": "ʌ", "ɞ": "ɜ", "ʉ": "u", "ɶ": "a", "ᵻ": "ɪ",
    "ɚ": "ɜ", "ɝ": "ɜ", "ɫ": "l", "ɭ": "l", "ʟ": "l", "ɾ": "ɹ", "r": "ɹ", "ʁ": "ɹ", "ʀ": "ɹ",
    "ɻ": "ɹ", "ɽ": "ɹ", "ɺ": "l", "q": "k", "c": "k", "ɟ": "ɡ", "ɢ": "ɡ", "g": "ɡ", "χ": "x",
    "ɣ": "ɡ", "ʕ": "", "ʔ": "", "ħ": "h", "ɦ": "h", "ç": "h", "ʝ": "j", "ʂ": "ʃ", "ɕ": "ʃ",
    "ʐ": "ʒ", "ʑ": "ʒ", "ɧ": "ʃ", "β": "v", "ʋ": "v", "ⱱ": "v", "ɸ": "f", "ʙ": "b", "ɓ": "b",
    "ɗ": "d", "ɖ": "d", "ʈ": "t", "ɠ": "ɡ", "ʄ": "dʒ", "ɱ": "m", "ɳ": "n", "ɴ": "ŋ", "ɰ": "w",
    "ɥ": "j", "ɮ": "l", "ɹ̩": "ɜ",
}  # fmt: skip
# Longest first: two signs that are one sound.  Diphthongs are those of English.
_PAIRS = {
    "tʃ": "tʃ", "dʒ": "dʒ", "tɕ": "tʃ", "dʑ": "dʒ", "tʂ": "tʃ", "dʐ": "dʒ", "ts": "ts",
    "eɪ": "eɪ", "ei": "eɪ", "ɛɪ": "eɪ", "aɪ": "aɪ", "ai": "aɪ", "ɑɪ": "aɪ", "ɔɪ": "ɔɪ",
    "oɪ": "ɔɪ", "ɔʏ": "ɔɪ", "oi": "ɔɪ", "aʊ": "aʊ", "au": "aʊ", "ɑʊ": "aʊ", "oʊ": "oʊ", "əʊ": "oʊ",
    "ou": "oʊ", "ɪə": "ɪə", "iə": "ɪə", "eə": "eə", "ɛə": "eə", "ʊə": "ʊə", "ɜɹ": "ɜ", "əɹ": "ɜ",
    "ju": "ju", "jʊ": "ju", "ɪɹ": "ɪɹ", "ɛɹ": "ɛɹ", "eɹ": "ɛɹ", "ɑɹ": "ɑɹ", "ɔɹ": "ɔɹ",
    "oɹ": "ɔɹ", "ʊɹ": "ʊɹ",
}  # fmt: skip
_ONSETS = frozenset((
    "pɹ", "pl", "bɹ", "bl", "tɹ", "tw", "dɹ", "dw", "kɹ", "kl", "kw", "ɡɹ", "ɡl", "ɡw", "fɹ", "fl",
    "θɹ", "θw", "ʃɹ", "sp", "st", "sk", "sf", "sm", "sn", "sl", "sw", "spɹ", "spl", "stɹ", "skɹ",
    "skw",
))  # fmt: skip
# Syllables that are read as numerals, units or letters.
_NUMERALS = {"iv": "ivv", "uk": "uck", "uv": "uvv", "mix": "mics", "vix": "vics"}
_BREAKS = frozenset(" .|‖-–_ˈˌ'")  # between words or syllables
_NASAL = "\u0303"
_SYLLABIC = "\u0329"


def respelled(ipa: str) -> str:
    """An IPA transcription as English letters, a hyphen between syllables.

    Signs without a sound in English are those of the nearest one; tones and lengths are left
    out.  Empty when nothing in it is a sound.
    """
    words = re.split(r"[\s|‖]+", ipa.strip(" /[]"))
    spelled = ("-".join(_spelled(s) for s in _syllables(_phones(word))) for word in words)
    return " ".join(word for word in spelled if word)


def from_xsampa(text: str) -> str:
    """An X-SAMPA transcription in IPA."""
    return "".join(_XSAMPA.get(sign, sign) for sign in _XSAMPA_SIGN.findall(text))


def _phones(word: str) -> list[str]:
    """The sounds of a word; `.` where a syllable is marked to begin."""
    plain = unicodedata.normalize("NFD", word).replace("c\u0327", "ç")
    signs: list[str] = []
    for sign in plain[: 4 * MOST_PHONES]:
        if sign in _BREAKS:
            signs.append(".")
        elif sign == _NASAL and signs and signs[-1] in _VOWELS:
            signs.append("n")
        elif sign == _SYLLABIC and signs and signs[-1] in _CONSONANTS:
            signs.insert(-1, "ə")
        elif sign in _VOWELS or sign in _CONSONANTS:
            signs.append(sign)
        elif nearest := _NEAREST.get(sign):
            signs.append(nearest)
    # Some mark stress before the vowel and not before its syllable: that is no boundary.
    clear = [
        sign
        for before, sign, after in zip(["", *signs], signs, [*signs[1:], ""], strict=False)
        if not (sign == "." and before in _CONSONANTS and after in _VOWELS)
    ]
    return list(_paired(clear[:MOST_PHONES]))


def _paired(signs: Sequence[str]) -> Iterator[str]:
    """The same with the signs together that are one sound."""
    at = 0
    while at < len(signs):
        pair = "".join(signs[at : at + 2])
        joined = _PAIRS.get(pair) if len(pair) == 2 else None
        third, fourth = (*signs[at + 2 : at + 4], "", "")[:2]
        if joined and not (pair[1] == "ɹ" and third in _VOWELS):
            yield joined
            at += 3 if joined[1:] == "ə" and third == "ɹ" and fourth not in _VOWELS else 2
        else:
            yield signs[at]
            at += 1


def _syllables(phones: Sequence[str]) -> Iterator[list[str]]:
    """Each has one vowel; consonants go to the one they can begin (maximal onset)."""
    nuclei = [n for n, phone in enumerate(phones) if phone in _VOWELS]
    starts = [0]
    for this, following in pairwise(nuclei):
        between = phones[this + 1 : following]
        if "." in between:
            starts.append(this + 1 + between.index("."))
        else:
            starts.append(following - _onset(between, phones[this]))
    for start, end in zip(starts, [*starts[1:], len(phones)], strict=True):
        syllable = [phone for phone in phones[start:end] if phone != "."]
        if syllable:
            yield syllable


def _onset(between: Sequence[str], vowel: str) -> int:
    """How many of the consonants between two vowels begin the second syllable."""
    keeps = vowel in _SHORT
    for count in (3, 2):
        if len(between) >= count and "".join(between[-count:]) in _ONSETS:
            return count - 1 if count == len(between) and keeps else count
    if not between or between[-1] == "ŋ":
        return 0
    return 0 if keeps and len(between) == 1 else 1


def _spelled(syllable: Sequence[str]) -> str:
    at = next((n for n, phone in enumerate(syllable) if phone in _VOWELS), len(syllable))
    onset = "".join(_CONSONANTS[phone] for phone in syllable[:at]).replace("kw", "qu")
    if at == len(syllable):
        return onset
    vowel, coda = syllable[at], syllable[at + 1 :]
    end = "".join(_CONSONANTS[phone] for phone in coda)
    if vowel == "aɪ" and onset and len(end) == 1 and end not in "sy":
        return f"{onset}i{end}e"  # "shine"
    if end.endswith("s"):
        end += "s"  # a single one is often read as z
    closed, opened = _VOWELS[vowel]
    letters = closed if coda else opened if onset else _ALONE.get(vowel, opened)
    word = onset + letters + end
    return _NUMERALS.get(word, word)


_XSAMPA = {
    "A": "ɑ", "B": "β", "C": "ç", "D": "ð", "E": "ɛ", "F": "ɱ", "G": "ɣ", "H": "ɥ", "I": "ɪ",
    "J": "ɲ", "K": "ɬ", "L": "ʎ", "M": "ɯ", "N": "ŋ", "O": "ɔ", "P": "ʋ", "Q": "ɒ", "R": "ʁ",
    "S": "ʃ", "T": "θ", "U": "ʊ", "V": "ʌ", "W": "ʍ", "X": "χ", "Y": "ʏ", "Z": "ʒ", "g": "ɡ",
    "1": "ɨ", "2": "ø", "3": "ɜ", "4": "ɾ", "5": "ɫ", "6": "ɐ", "7": "ɤ", "8": "ɵ", "9": "œ",
    "@": "ə", "{": "æ", "}": "ʉ", "&": "ɶ", "?": "ʔ", '"': "ˈ", "%": "ˌ", ":": "ː", "=": "\u0329",
    "~": "\u0303", "'": "ʲ", "`": "˞", "!": "ꜜ", "^": "ꜛ", "|": "|", "b_<": "ɓ", "d_<": "ɗ",
    "g_<": "ɠ", "G_<": "ʛ", "J_<": "ʄ", "d`": "ɖ", "l`": "ɭ", "n`": "ɳ", "r`": "ɽ", "s`": "ʂ",
    "t`": "ʈ", "z`": "ʐ", "@`": "ɚ", "3`": "ɝ", "r\\": "ɹ", "r\\`": "ɻ", "h\\": "ɦ", "j\\": "ʝ",
    "J\\": "ɟ", "s\\": "ɕ", "z\\": "ʑ", "x\\": "ɧ", "v\\": "ʋ", "p\\": "ɸ", "B\\": "ʙ", "R\\": "ʀ",
    "G\\": "ɢ", "H\\": "ʜ", "I\\": "ᵻ", "K\\": "ɮ", "L\\": "ʟ", "M\\": "ɰ", "N\\": "ɴ", "O\\": "ʘ",
    "U\\": "ᵿ", "X\\": "ħ", "3\\": "ɞ", "@\\": "ɘ", "?\\": "ʕ", "<\\": "ʢ", ">\\": "ʡ", ":\\": "ˑ",
    "_~": "\u0303", "_=": "\u0329", "_h": "ʰ", "_j": "ʲ", "_w": "ʷ", "_G": "ˠ", "_d": "\u032a",
    "_0": "\u0325", "_v": "\u032c", "_^": "\u032f", "_": "\u0361",
}  # fmt: skip
_XSAMPA_SIGN = re.compile(
    "|".join(map(re.escape, sorted(_XSAMPA, key=len, reverse=True))) + "|.", re.DOTALL
)
