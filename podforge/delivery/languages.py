"""Three-letter language codes, which ID3 asks for."""

_PAIRS = (
    "ar:ara bg:bul bn:ben ca:cat cs:cze cy:wel da:dan de:ger el:gre en:eng eo:epo es:spa "
    "et:est eu:baq fa:per fi:fin fr:fre ga:gle gl:glg he:heb hi:hin hr:hrv hu:hun id:ind "
    "is:ice it:ita ja:jpn ko:kor la:lat lt:lit lv:lav ms:may nb:nob nl:dut nn:nno no:nor "
    "pl:pol pt:por ro:rum ru:rus sk:slo sl:slv sq:alb sr:srp sv:swe sw:swa ta:tam th:tha "
    "tr:tur uk:ukr ur:urd vi:vie zh:chi"
)
_CODES = {pair[:2]: pair[3:] for pair in _PAIRS.split(" ")}


def iso_639_2(tag: str) -> str:
    """The ISO 639-2/B code of a BCP 47 tag (`en-GB`: `eng`); `und` where it is not known."""
    primary = tag.lower().replace("_", "-").split("-")[0]
    if len(primary) == 3 and primary.isascii() and primary.isalpha():
        return primary
    return _CODES.get(primary, "und")
