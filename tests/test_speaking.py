import re
import time
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge import speaking
from podforge.errors import Place
from podforge.script import Chapter, Edit, Header, Script, Speech, Spoken, replaced
from podforge.speaking import prepare, rules_of, speak
from podforge.speaking.common import lexicon
from podforge.speaking.offsets import apply, compose

PLACE = Place("a.md", 3, 1)


def said(text: str, language: str = "en") -> str:
    return speak(Spoken(text), rules_of(language)).text


# From how people write: each as it is heard in America.
AMERICAN = [
    (
        "1,234,567 people",
        "one million two hundred thirty-four thousand five hundred sixty-seven people",
    ),
    ("about 1.5 each", "about one point five each"),
    ("-3 degrees", "minus three degrees"),
    ("3.14159", "three point one four one five nine"),
    ("0.05 of it", "zero point zero five of it"),
    (".5 percent", "point five percent"),
    ("1e6 of them", "one times ten to the sixth of them"),
    ("a hundred and 1 nights", "a hundred and one nights"),
    ("in 1984", "in nineteen eighty-four"),
    ("born in 2007", "born in two thousand seven"),
    ("since 1900", "since nineteen hundred"),
    ("by 1905", "by nineteen oh five"),
    ("2010 and 2024", "twenty ten and twenty twenty-four"),
    ("the year 2000", "the year two thousand"),
    ("In 1066 they came", "In ten sixty-six they came"),
    ("in 476 AD", "in four hundred seventy-six AD"),
    ("300 BC", "three hundred BC"),
    ("the 1990s", "the nineteen nineties"),
    ("the '90s", "the nineties"),
    ("the ’60s", "the sixties"),
    ("the 1900s", "the nineteen hundreds"),
    ("in her 30s", "in her thirties"),
    ("mid-1980s", "mid-nineteen eighties"),
    ("1939–1945", "nineteen thirty-nine to nineteen forty-five"),
    ("1939-45", "nineteen thirty-nine to forty-five"),
    ("'68 was good", "sixty-eight was good"),
    ("$5.20", "five dollars and twenty cents"),
    ("$1", "one dollar"),
    ("$1.01", "one dollar and one cent"),
    ("$0.05", "five cents"),
    ("$1,234.56", "one thousand two hundred thirty-four dollars and fifty-six cents"),
    ("£3m", "three million pounds"),
    ("€1.2bn", "one point two billion euros"),
    ("US$40", "forty US dollars"),
    ("¥500", "five hundred yen"),
    ("₹1,000", "one thousand rupees"),
    ("5 USD", "five US dollars"),
    ("EUR 20", "twenty euros"),
    ("20€", "twenty euros"),
    ("99¢", "ninety-nine cents"),
    ("-$5", "minus five dollars"),
    ("$20k a year", "twenty thousand dollars a year"),
    ("$3.5 million", "three point five million dollars"),
    ("a $200 phone", "a two hundred dollar phone"),
    ("a $5 billion deal", "a five billion dollar deal"),
    ("$5-10", "five to ten dollars"),
    ("$5–$10 million", "five to ten million dollars"),
    ("$100/month", "one hundred dollars per month"),
    ("on 3/4/2024", "on March fourth, twenty twenty-four"),
    ("on 12/25/99", "on December twenty-fifth, nineteen ninety-nine"),
    ("on 2024-03-22", "on March twenty-second, twenty twenty-four"),
    ("March 4, 2024", "March fourth, twenty twenty-four"),
    ("March 4th", "March fourth"),
    ("Mar. 4", "March fourth"),
    ("4 Mar 2024", "the fourth of March twenty twenty-four"),
    ("the 4th of July", "the fourth of July"),
    ("July 2019", "July twenty nineteen"),
    ("Dec. 25, 1999", "December twenty-fifth, nineteen ninety-nine"),
    ("March 4-6", "March fourth to sixth"),
    ("May 5", "May fifth"),
    ("on 7/4", "on July fourth"),
    ("4:30", "four thirty"),
    ("at 4:05", "at four oh five"),
    ("at 4:00", "at four o'clock"),
    ("16:00", "sixteen hundred"),
    ("16:30", "sixteen thirty"),
    ("4pm", "four PM"),
    ("4 p.m. today", "four PM today"),
    ("He left at 5 p.m. The end.", "He left at five PM. The end."),
    ("9am-5pm", "nine AM to five PM"),
    ("9-5", "nine to five"),
    ("12:30:45", "twelve hours thirty minutes and forty-five seconds"),
    ("10:00 AM", "ten AM"),
    ("5 o'clock", "five o'clock"),
    ("5 km", "five kilometers"),
    ("1 km", "one kilometer"),
    ("3.5kg", "three point five kilograms"),
    ("20°C", "twenty degrees Celsius"),
    ("-5°F", "minus five degrees Fahrenheit"),
    ("60 mph", "sixty miles per hour"),
    ("100 km/h", "one hundred kilometers per hour"),
    ("10 GB", "ten gigabytes"),
    ("a 5 km run", "a five kilometer run"),
    ("5–10 kg", "five to ten kilograms"),
    ("10x20 cm", "ten by twenty centimeters"),
    ("5'11\"", "five foot eleven"),
    ("100%", "one hundred percent"),
    ("0.5%", "zero point five percent"),
    ("5–10%", "five to ten percent"),
    ("250ml", "two hundred fifty milliliters"),
    ("30 min", "thirty minutes"),
    ("55 mph.", "fifty-five miles per hour."),
    ("1/2", "one half"),
    ("3½ hours", "three and a half hours"),
    ("1 1/2 cups", "one and a half cups"),
    ("2/3", "two thirds"),
    ("3/4", "three quarters"),
    ("8/10", "eight out of ten"),
    ("24/7", "twenty-four seven"),
    ("9/11", "nine eleven"),
    ("50/50", "fifty-fifty"),
    ("and/or", "and or"),
    ("22/7", "twenty-two slash seven"),
    ("Henry VIII", "Henry the eighth"),
    ("Chapter IV", "Chapter four"),
    ("World War II", "World War two"),
    ("Rocky II", "Rocky two"),
    ("the XIX century", "the nineteenth century"),
    ("Malcolm X", "Malcolm X"),
    ("size XL", "size XL"),
    ("Act I.", "Act one."),
    ("and I said", "and I said"),
    ("Call 555-123-4567", "Call five five five, one two three, four five six seven"),
    ("(555) 123-4567", "five five five, one two three, four five six seven"),
    ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    ("555-1234", "five five five, one two three four"),
    ("PIN 0042", "PIN zero zero four two"),
    ("12345678", "one two three four five six seven eight"),
    ("10000000", "ten million"),
    ("Python 3.11.2", "Python three point eleven point two"),
    ("Python 3.11", "Python three point eleven"),
    ("v2.0", "version two point zero"),
    ("192.168.0.1", "one hundred ninety-two dot one hundred sixty-eight dot zero dot one"),
    ("won 3-2", "won three to two"),
    ("odds of 3:1", "odds of three to one"),
    ("pages 5–10", "pages five to ten"),
    ("10-20 people", "ten to twenty people"),
    ("1st", "first"),
    ("22nd", "twenty-second"),
    ("101st", "one hundred first"),
    ("1,000th", "one thousandth"),
    ("3rd-party", "third-party"),
    ("Mr. Fox", "Mister Fox"),
    ("Mr Fox", "Mister Fox"),
    ("Dr. Ames", "Doctor Ames"),
    ("Elm Dr.", "Elm Drive."),
    ("St. Mary", "Saint Mary"),
    ("Smith St.", "Smith Street."),
    ("No. 5", "Number five"),
    ("No. It is not.", "No. It is not."),
    ("J. R. R. Tolkien", "J R R Tolkien"),
    ("J.R.R. Tolkien", "J R R Tolkien"),
    ("John F. Kennedy", "John F Kennedy"),
    ("the U.S. Army", "the U S Army"),
    ("He lives in the U.S. She does not.", "He lives in the U S. She does not."),
    ("Plan B. Then we left.", "Plan B. Then we left."),
    ("Ph.D. student", "PhD student"),
    ("cats, dogs, etc.", "cats, dogs, et cetera."),
    ("e.g. this", "for example this"),
    ("i.e. that", "that is that"),
    ("Smith et al. say", "Smith and others say"),
    ("Rome vs. Carthage", "Rome versus Carthage"),
    ("Rome vs Carthage", "Rome versus Carthage"),
    ("pp. 3-5", "pages three to five"),
    ("c. 1900", "around nineteen hundred"),
    ("NASA and the FBI", "NASA and the FBI"),
    ("https://www.example.com/a/b?c=1", "example dot com"),
    ("example.com/early-bird", "example dot com slash early bird"),
    ("ada.lovelace@example.org", "ada dot lovelace at example dot org"),
    ("README.md", "README dot md"),
    ("node.js", "node dot js"),
    ("#BlackLivesMatter", "hashtag Black Lives Matter"),
    ("@ada", "at ada"),
    ("R&B", "R and B"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("3 × 4", "three times four"),
    ("10x faster", "ten times faster"),
    ("10 ÷ 2", "ten divided by two"),
    ("§5", "section five"),
    ("§§ 5–6", "sections five to six"),
    ("© 2024", "copyright twenty twenty-four"),
    ("Foo™ bar", "Foo bar"),
    ("A → B", "A to B"),
    ("≈5", "about five"),
    ("3 < 5", "three is less than five"),
    ("~50 people", "about fifty people"),
    ("18+", "eighteen plus"),
    ("C++", "C plus plus"),
    ("C#", "C sharp"),
    ("10^6", "ten to the power of six"),
    ("snake_case", "snake case"),
    ("#1", "number one"),
    ("w/o it", "without it"),
    ("AC/DC", "AC DC"),
    ("What?!?!", "What?!"),
    ("No!!!", "No!"),
    ("Really.....", "Really..."),
    ("yes -- no", "yes — no"),
    ("ok…", "ok…"),
    ("“Smart ‘quotes’”", "“Smart ‘quotes’”"),
    ("COVID-19", "COVID nineteen"),
    ("MP3", "MP three"),
    ("3D", "three D"),
    ("F-16", "F sixteen"),
    ("007", "zero zero seven"),
    ("GPT-4", "GPT four"),
    ("a 3-year-old", "a three-year-old"),
    ("2-for-1", "two-for-one"),
    ("Hi 😀 there", "Hi there"),
    ("Louis XIV, Louis the king", "Louis the fourteenth, Louis the king"),
    ("The 2nd of 3. It was 1984. Now.", "The second of three. It was nineteen eighty-four. Now."),
    ("I have 2.", "I have two."),
    ("Article 5 (2)", "Article five (two)"),
    ("5,000 km²", "five thousand square kilometers"),
    ("the 5-4 decision", "the five to four decision"),
    ("Room 101", "Room one hundred one"),
    ("Flight 370", "Flight three hundred seventy"),
    ("a ratio of 16:9", "a ratio of sixteen to nine"),
    ("John 3:16", "John three sixteen"),
    ("page 3 of 10", "page three of ten"),
    ("1. First", "one. First"),
    ("25:00", "twenty-five minutes"),
    ("It ran 42:15", "It ran forty-two fifteen"),
    ("It ran 42:05", "It ran forty-two oh five"),
    ("It ended 3:1", "It ended three to one"),
    ("odds of 30:10", "odds of thirty to ten"),
    ("$5kn-6", "five dollars kn-six"),
    ("$5bn-6bn", "five billion to six billion dollars"),
    (
        "2026-03-01T10:30:00Z",
        "March first, twenty twenty-six, ten thirty UTC",
    ),
    (
        "2026-03-01T10:00:15-05:00",
        "March first, twenty twenty-six, ten hundred and fifteen seconds UTC minus five",
    ),
    ("Mr. & Mrs. Smith", "Mister and Missus Smith"),
    ("1-800-FLOWERS", "one, eight hundred, FLOWERS"),
    ("£3 10s. 6d.", "three pounds ten shillings and six pence."),
    ("10s. in coins", "ten shillings in coins"),
    ("the 10s and 20s", "the tens and twenties"),
    (">5 of them, <5 of us", "more than five of them, less than five of us"),
    (">=$5", "at least five dollars"),
    ("p<0.05", "p is less than zero point zero five"),
    ("12 in. wide", "twelve inches wide"),
    ("It is 12 in. The end", "It is twelve inches. The end"),
    ("a 12 in. pipe", "a twelve inch pipe"),
    ("12 in the box", "twelve in the box"),
    ("tea, &c. and more", "tea, et cetera and more"),
    ("Pope John XXIII", "Pope John the twenty-third"),
    ("King Zog II", "King Zog the second"),
    ("Sat. and Sun. at noon", "Saturday and Sunday at noon"),
    ("Mon.–Fri. only", "Monday to Friday only"),
    ("On Sat., May 5", "On Saturday, May fifth"),
    ("if x != 3 and y<=4", "if x is not three and y is at most four"),
    ("rated 4.5/5.", "rated four point five out of five."),
    ("He sat. Sun. came", "He sat. Sun. came"),
]


@pytest.mark.parametrize(("written", "spoken"), AMERICAN)
def test_english_is_said_as_it_is_read(written: str, spoken: str) -> None:
    assert said(written) == spoken
    assert said(spoken) == spoken  # and what is spoken is left alone


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("on 3/4/2024", "on the third of April twenty twenty-four"),
        ("on 22/4/2024", "on the twenty-second of April twenty twenty-four"),
        ("in 2007, 105 of us", "in two thousand and seven, one hundred and five of us"),
        ("5p", "five p"),
    ],
)
def test_british_english(written: str, spoken: str) -> None:
    assert said(written, "en-GB") == spoken
    assert said(written, "en_AU") == spoken
    assert said(written, "en-SG") == spoken


def test_only_the_united_states_are_american() -> None:
    assert said("105 on 3/4/2024", "en-US") == said("105 on 3/4/2024", "en")
    assert said("105 on 3/4/2024", "en-CA") == said("105 on 3/4/2024", "en-GB")


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("de", "Am 3. Mai 1984", "Am dritten Mai neunzehnhundertvierundachtzig"),
        ("de", "5,20 € & 50 %", "fünf Euro zwanzig und fünfzig Prozent"),
        ("de", "z. B. um 14:30 Uhr", "zum Beispiel um vierzehn Uhr dreißig"),
        ("de-CH", "1.234,5 km", "eintausendzweihundertvierunddreißig Komma fünf Kilometer"),
        ("de", "Bier usw. Der Rest", "Bier und so weiter. Der Rest"),
        ("fr", "le 1er mai, 5,20 €", "le premier mai, cinq euros vingt"),
        ("fr", "M. Dupont, 14h30", "Monsieur Dupont, quatorze heures trente"),
        ("fr", "3,14", "trois virgule quatorze"),
        ("es", "la 2ª vez, 50 %", "la segunda vez, cincuenta por ciento"),
        ("es", "en 1984", "en mil novecientos ochenta y cuatro"),
        ("es-MX", "Sr. García, 5,20 €", "Señor García, cinco euros con veinte"),
        ("it", "il 3º piano, 14:30", "il terzo piano, quattordici e trenta"),
        ("pt-BR", "R$ 5,20 e -3", "cinco reais e vinte e menos três"),
        ("de", "Am 3.5.2024", "Am dritten Mai zweitausendvierundzwanzig"),
        ("de", "1. Kapitel", "erstes Kapitel"),
        ("de", "„3. Klasse, 2. Stock“", "„dritte Klasse, zweite Stock“"),
        ("de", "2. Mai 2024", "zweiter Mai zweitausendvierundzwanzig"),
        ("de", "Das 2. Kapitel", "Das zweite Kapitel"),
        ("de", "der 03.05.2024", "der dritte Mai zweitausendvierundzwanzig"),
        ("de", "3.5.2024", "dritter Mai zweitausendvierundzwanzig"),
        ("fr", "le 1/5/2024", "le premier mai deux mille vingt-quatre"),
        ("fr", "le 3.5.2024", "le trois mai deux mille vingt-quatre"),
        ("es", "el 3/5/2024", "el tres de mayo de dos mil veinticuatro"),
        ("it", "il 3.5.2024", "il tre maggio duemilaventiquattro"),
        ("pt", "em 3/5/2024", "em três de maio de dois mil e vinte e quatro"),
        ("de", "1.2.3 und 3:1", "eins Punkt zwei Punkt drei und drei zu eins"),
        ("de", "am Fr. um 5", "am Freitag um fünf"),
        ("de", "jeden Mo. und Fr., 5 Uhr", "jeden Montag und Freitag, fünf Uhr"),
        ("de", "Fr. Maier", "Frau Maier"),
        ("fr", "Il M. dit 5 m. de M. Dupont", "Il M. dit cinq mètres. de Monsieur Dupont"),
        ("it", "es. ad es. Roma, p. es. Pisa", "es. ad esempio Roma, per esempio Pisa"),
        ("es", "el 1.º piso, el 3.er mes", "el primer piso, el tercer mes"),
        ("es", "el 1.º de mayo", "el primero de mayo"),
        ("pl", "5 zł & 3 😀", "5 zł & 3"),
        ("fa", "می\u200cخواهم", "می\u200cخواهم"),
    ],
)  # fmt: skip
def test_other_languages(language: str, written: str, spoken: str) -> None:
    assert said(written, language) == spoken


def test_a_package_can_bring_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def rules():
        return (lambda text: ((m.start(), m.end(), "yksi") for m in re.finditer("1", text)),)

    entry = EntryPoint("fi", "a:b", "podforge.speaking")
    monkeypatch.setattr(EntryPoint, "load", lambda self: rules)
    monkeypatch.setattr(
        speaking, "entry_points", lambda group, name: [entry] if name == "fi" else []
    )
    rules_of.cache_clear()
    assert said("1", "fi-FI") == "yksi"
    rules_of.cache_clear()


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Notes ===== here", "Notes here"),
        ("a == b = c", "a equals b equals c"),
        ("1-1-1-1", "one, one, one, one"),
        ("1-2-3 km", "one-two to three kilometers"),
        ("$1.2.3", "$one point two point three"),
        ("½", "one half"),
        ("9" * 400, " ".join(["nine"] * 400)),
    ],
)
def test_odd_texts_are_said_somehow(written: str, spoken: str) -> None:
    assert said(written) == spoken


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


def test_a_word_can_count_in_one_case_only() -> None:
    rules = lexicon({"US": "you ess", "it": "eet", ".NET": "dot net"}, {"US"})
    assert (
        speak(Spoken("US or us, It, .NET, item"), rules).text == "you ess or us, eet, dot net, item"
    )


def test_the_longest_word_of_a_lexicon_wins() -> None:
    rules = lexicon({"New": "noo", "New York": "Noo Yawk", "new york city": "the city"})
    text = "New York City, New Yorker, new york"
    assert speak(Spoken(text), rules).text == "the city, noo Yorker, Noo Yawk"


def test_untouched_words_map_to_themselves() -> None:
    text = "Pay $5.20 to Dr. Ames 😀 now, at 4:30 sharp"
    spoken = speak(Spoken(text), rules_of("en"))
    for word in ("Pay", "to", "Ames", "now,", "at", "sharp"):
        found = re.search(rf"(?<!\S){re.escape(word)}(?!\S)", spoken.text)
        assert found
        first, last = spoken.source(found.start(), found.end())
        assert text[first:last] == word
    at = spoken.text.index("twenty cents")
    assert text[slice(*spoken.source(at, at + 6))] == "$5.20"


def test_a_reading_given_inline_goes_through_the_rules() -> None:
    inline = Spoken("shi-vawn & $5", (Edit(0, 8, 0, 7),))
    spoken = speak(inline, rules_of("en"))
    assert spoken.text == "shi-vawn and five dollars"
    assert spoken.source(0, 8) == (0, 7)
    assert spoken.source(13, 25) == (10, 12)


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


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([written for written, _ in AMERICAN]), max_size=6).map(", ".join))
def test_what_is_spoken_is_left_alone_and_leads_back(text: str) -> None:
    spoken = speak(Spoken(text), rules_of("en"))
    check_map(text, spoken)
    assert said(spoken.text) == spoken.text
    assert not any(sign.isdigit() for sign in spoken.text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*"0123459 .,:;/-–$€%'’°½xkm#@_&*()", "am", "st", "VI"]), max_size=40),
    st.sampled_from(["en", "en-gb", "de", "fr", "es", "it", "pt"]),
)  # fmt: skip
def test_nothing_made_of_figures_and_signs_breaks_a_rule(pieces: list[str], tag: str) -> None:
    text = "".join(pieces)
    check_map(text, speak(Spoken(text), rules_of(tag)))


@settings(max_examples=150, deadline=None)
@given(st.text("0123459.,:/- ", max_size=14), st.sampled_from(["en", "de", "fr", "es", "it", "pt"]))
def test_a_stop_between_figures_is_never_left_between_words(text: str, tag: str) -> None:
    assert not re.search(r"[^\W\d]\.[^\W\d]", said(text, tag))


@settings(max_examples=25, deadline=None)
@given(
    st.text(st.sampled_from("1a. ,-/:$AI'%½&_#@(VxM"), min_size=1, max_size=5),
    st.sampled_from(["en", "de"]),
)
def test_every_text_takes_linear_time(piece: str, tag: str) -> None:
    text = (piece * 20_000)[:20_000]
    begun = time.process_time()
    speak(Spoken(text), rules_of(tag))
    assert time.process_time() - begun < 2 * len(text) / 100_000 + 1


URLS = "See https://www.example.org/docs-2/a.html?x=1#top, or (http://b.org/c). And example.org."


@pytest.mark.parametrize(
    ("urls", "heard"),
    [
        ("domain", "See example dot org, or (b dot org). And example dot org."),
        (
            "full",
            "See example dot org slash docs dash two slash a dot html question mark x equals one "
            "hash top, or (b dot org slash c). And example dot org.",
        ),
        ("skip", "See, or. And example dot org."),
    ],
)
def test_an_address_is_read_as_the_header_says(urls: str, heard: str) -> None:
    script = Script("a.md", Header(urls=urls), (Speech(("A",), URLS, PLACE),))
    (speech,) = prepare(script).speeches()
    assert speech.said == heard
    assert speech.spoken
    check_map(URLS, speech.spoken)


def test_skipping_an_address_knows_no_language_and_no_lexicon() -> None:
    header = Header(language="de", urls="skip", lexicon={"docs": "Dox"})
    script = Script("a.md", header, (Speech(("A",), "Dazu www.example.org/docs lesen.", PLACE),))
    assert [speech.said for speech in prepare(script).speeches()] == ["Dazu lesen."]


def test_a_paragraph_that_is_nothing_but_a_skipped_address_is_left_out() -> None:
    script = Script("a.md", Header(urls="skip"), (Speech(("A",), "https://a.org/b/", PLACE),))
    left = prepare(script)
    assert not list(left.speeches())
    assert "left out" in left.warnings[0].text
