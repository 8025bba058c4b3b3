"""Names: when two are the same, which one was meant, and which words are never names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Labels that are prose or data about the episode, not somebody who speaks, unless declared.
_STOP = """
abstract | action | action items | actions | actual | agenda | aka | also | alternative |
alternatives | answer | answers | applies to | approach | arguments | as follows | assumption |
assumptions | attendees | author | authors | availability | background | bad | benefit |
benefits | best practice | best practices | bonus | bottom line | bug | bugs | category |
caution | caveat | caveats | challenge | challenges | changed | changes | checklist | code |
command | commands | comments | compatibility | complexity | conclusion | config | configuration |
cons | consequence | consequences | constraints | contact | content | context | copyright | cost |
created | credits | danger | data | date | deadline | decision | decisions | default | defaults |
definition | deliverables | dependencies | deprecated | description | design | details |
difficulty | disclaimer | discussion | docs | documentation | due | duration | e.g | edit |
editor's note | effort | email | environment | episode | episode title | error | errors | essay |
estimate | estimated time | evidence | example | examples | except | exception | exceptions |
exercise | exercises | expected | extends | fact | facts | faq | feature | features | fields |
file | filename | files | findings | fix | fixed | fixes | focus | footnote | for example |
format | formula | from | function | further reading | general | genre | goal | goals | good |
guests | hint | history | hosts | however | http | https | i.e | idea | ideas | image | impact |
implementation | important | improvement | improvements | in | in short | in this episode | info |
information | ingredients | input | inputs | insight | installation | instructions |
intended audience | introduction | issue | issues | key insight | key points | keywords | kind |
language | last updated | length | lesson | level | licence | license | limitation | limitations |
link | links | location | logic | mapping | material | materials | mentioned | message | method |
methods | metrics | milestones | mitigation | mnemonic | motivation | n.b | name | nb | next |
next episode | next steps | note | note to self | notes | number | objective | objectives | on |
one more thing | optional | option | options | or | other | outcome | outline | output | outputs |
overview | owner | p.s | parameter | parameters | part | participants | password | path |
performance | phone | photo | picture | place | plan | platform | plus | point | positive |
precedence | prep time | prerequisite | prerequisites | preview | previous episode | price |
priority | pro | pro tip | problem | problems | process | produced by | progress | project |
prompt | properties | property | proposal | pros | ps | published | published on | purpose |
quantity | question | questions | quick start | quote | rating | rationale | reading | reason |
reasons | recap | received | recommendation | recommendations | recommended | recorded |
recorded on | reference | references | related | release | release date | released | remember |
reminder | removed | repo | reply-to | repository | required | requirement | requirements |
resolution | resource | resources | response | result | results | return | returned | returns |
reviewed by | risk | risks | role | roles | rule | rules | runtime | running time | sample |
schema | scope | score | season | section | see | see also | series | servings | setting |
settings | setup | severity | show | show notes | signature | since | size | skills | slug | so |
solution | solutions | source | sources | spec | spoiler | spoilers | sponsor | sponsored by |
sponsors | stakeholders | start | state | status | step | steps | strategy | strengths |
structure | subject | subtitle | success criteria | suggestion | suggestions | summary |
supported | sustainability | symptom | symptoms | syntax | tagline | tags | takeaway | takeaways |
target | target audience | task | tasks | technologies | technology | template | test | tests |
that is | theme | theory | then | time | timeline | timestamps | tip | tips | title | tl;dr |
tldr | to | to do | todo | tone | tool | tools | topic | topics | total | total time | tradeoff |
tradeoffs | transcribed by | transcript | transcription | translation | trigger |
trigger warning | type | types | update | updated | updates | url | usage | use | use case |
use cases | username | validation | value | values | variables | verdict | verified | verify |
version | versions | video | warning | warnings | watch | weaknesses | website | what | when |
where | which | who | why | why it matters | with | word count | workaround | written by | wrong |
year | yield |

achtung | anmerkung | beispiel | hinweis | quelle | tipp | wichtig | zutaten | attention |
exemple | remarque | astuce | ejemplo | nota | consejo | importante | advertencia | exemplo |
dica | esempio | attenzione | 注意 | 提示 | 备注 | 備註 | 備考 | 说明 | 說明 | 示例 | 例 | 例如 |
时间 | 時間 | 日時 | 地点 | 場所 | 主题 | 主題 | 日期 | 作者 | 来源 | 來源 | 出典 | 标题 | 標題 |
注 | 摘要 | 简介 | 概要 | 補足 | 总结 | 結論
"""
STOP = frozenset(" ".join(word.split()) for word in _STOP.split("|"))
# What a phrase is about when it ends so: `Estimated duration:`, `New features:`.
_HEADS_WORDS = """
arguments changes commands cost costs date dates deadline description details duration effort
errors examples features file files fixes history impact information issues keywords length
level links list location metrics notes number options parameters path platform priority
properties questions reading reason reference references requirements resources results score
setup size status steps summary takeaways time times title tooling topics type types url usage
value values variables version versions
"""
_HEADS = frozenset(_HEADS_WORDS.split())
_NUMBERED = re.compile(
    r"(?:act|appendix|article|book|case|chapter|class|day|episode|example|exercise|figure|item|"
    r"lesson|level|module|night|note|number|option|page|part|phase|point|question|reason|rule|scene|"
    r"season|section|stage|step|table|tip|unit|verse|volume|week|year)s?\s+"
    r"(?:\d+\w?|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten)\b.*"
)
RESERVED = {
    **dict.fromkeys(("break", "ad", "intro", "outro", "jingle", "music"), "music"),
    **dict.fromkeys(("sfx", "sound"), "sfx"),
}
_PARTICLES_WORDS = """
a al an and at bin da das de dei del della den der di do dos du e el for from ibn in la le los
of on ter the to und van vom von y zu &
"""
_PARTICLES = frozenset(_PARTICLES_WORDS.split())
_PARTS_WORDS = """
actor actress all announcer anonymous assistant attorney audience boy caller candidate character
child chorus clerk coach commentator crowd customer doctor everyone female gm girl guest guests
host hosts interviewee interviewer judge lady lawyer male man member moderator mother father mom
dad kid narrator nurse officer operator participant person player presenter reporter respondent
singer speaker student teacher therapist unidentified unknown user voice voiceover woman witness
"""
_PARTS = frozenset(_PARTS_WORDS.split())
_TOGETHER = re.compile(r" ?(?:[,;&/+]|\b(?:and|und|et|y|e|och|og|en)\b) ?", re.I)
_NO_NAME = re.compile(r"[{}=\\;`<>|$%^~]|[,!?]$|://")
_OUTSIDE = re.compile(r"^[\W_]+|[\W_]+$")  # an emoji before, a full stop behind
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")  # soft hyphen, spaces without a width
_EMOJI = re.compile("[\u2190-\u2bff\u200d\ufe0e\ufe0f\U0001f000-\U0001faff]+")


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """The form in which two spellings of a name are compared.

    NFKC, case folded, one space, and nothing that cannot be seen; no emoji, unless it is
    nothing else.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    bare = _EMOJI.sub(" ", _UNSEEN.sub("", folded)) if not folded.isascii() else folded
    return " ".join((bare if bare.strip() else folded).split())


@lru_cache(maxsize=4096)
def stopped(name: str) -> bool:
    """Whether a word before a colon is prose (`Note:`, `Chapter 3:`), not a speaker."""
    word = _OUTSIDE.sub("", normal(name))
    phrase = word.split()
    return (
        word in STOP
        or bool(_NUMBERED.fullmatch(word))
        or (len(phrase) > 1 and phrase[-1] in _HEADS)
        or word.startswith(("content-", "x-"))
    )


def name_like(name: str) -> bool:
    """Whether a label is written as a name is, or tells somebody's part: no phrase, no code.

    Words begin with a capital or have none (`Ludwig van Beethoven`, `Speaker 2`, `主持人`), or
    one of them says who it is (`Audience member`).
    """
    words = name.split()
    if not 0 < len(words) <= 6 or _NO_NAME.search(name):
        return False
    if part_like(name):
        return True
    return all(_capital(word) or word.lower() in _PARTICLES for word in words) and any(
        _capital(word) for word in words
    )


def several(label: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """The names that an ensemble's label names (`Ada, Ben & Jack`); empty if it is none.

    `known` has each name by its normal form; of an ensemble every part is known.
    """
    split = (part.strip(" .:—–-") for part in _TOGETHER.split(" ".join(label.split())))
    parts = [normal(part) for part in split if part]
    if len(parts) < 2 or any(part not in known for part in parts):
        return ()
    return tuple(dict.fromkeys(known[part] for part in parts))


def part_like(name: str) -> bool:
    """Whether a label says what part somebody has: `Host`, `Audience member`."""
    return any(word.strip("().,").lower() in _PARTS for word in name.split())


def _capital(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return not letters or not letters[0].islower() or any(c.isdigit() for c in word)


def distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, substitutions, and swaps of neighbours; `most + 1` if more.

    Optimal string alignment: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def closest(name: str, known: Iterable[str], most: int = 2) -> str:
    """The known name within `most` slips of `name`, else empty; short names allow fewer."""
    wanted = normal(name)
    allowed = min(most, len(wanted) // 3)
    ranked = sorted((distance(wanted, normal(other), allowed), other) for other in known)
    return ranked[0][1] if ranked and ranked[0][0] <= allowed else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """The first names with commas between them, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def meant(name: str, known: Iterable[str]) -> str:
    """` (did you mean "Tobias"?)`, or a list of all known names when none is near."""
    names = list(known)
    near = closest(name, names, most=3) or _containing(normal(name), names)
    if near:
        return f' (did you mean "{near}"?)'
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 12 else ""


def _containing(wanted: str, known: Iterable[str]) -> str:
    """A name that shares a whole first or last word with the one wanted."""
    words = set(wanted.split())
    return next((other for other in known if words & set(normal(other).split())), "")
