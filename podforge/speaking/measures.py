"""Numbers with a unit in English: `5 km`, `20°C`, `100%`, `5'11"`."""

import re
from collections.abc import Iterator

from podforge.sentences import ends_sentence
from podforge.speaking.adjectives import is_adjective
from podforge.speaking.offsets import Replacement
from podforge.speaking.words import cardinal, decimal

# A unit's one and many; the many of `foot` and of what has no plural are written out.
_UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer",
    "μm": "micrometer", "nm": "nanometer", "mi": "mile", "yd": "yard", "yds": "yard",
    "in.": "inch/inches",
    "ft": "foot/feet", "kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram",
    "μg": "microgram", "lb": "pound", "lbs": "pound", "oz": "ounce", "L": "liter", "l": "liter",
    "ml": "milliliter", "mL": "milliliter", "dl": "deciliter", "cl": "centiliter",
    "tsp": "teaspoon", "tbsp": "tablespoon", "gal": "gallon",
    "°C": "degree Celsius/degrees Celsius", "°F": "degree Fahrenheit/degrees Fahrenheit",
    "ºC": "degree Celsius/degrees Celsius", "ºF": "degree Fahrenheit/degrees Fahrenheit",
    "℃": "degree Celsius/degrees Celsius", "℉": "degree Fahrenheit/degrees Fahrenheit",
    "°": "degree", "º": "degree",
    "mph": "mile per hour/miles per hour", "km/h": "kilometer per hour/kilometers per hour",
    "kph": "kilometer per hour/kilometers per hour",
    "kmh": "kilometer per hour/kilometers per hour",
    "m/s": "meter per second/meters per second", "mpg": "mile per gallon/miles per gallon",
    "rpm": "RPM/RPM", "fps": "frame per second/frames per second",
    "bpm": "beat per minute/beats per minute",
    "Hz": "hertz/hertz", "kHz": "kilohertz/kilohertz", "MHz": "megahertz/megahertz",
    "GHz": "gigahertz/gigahertz", "dB": "decibel", "W": "watt", "kW": "kilowatt",
    "MW": "megawatt", "GW": "gigawatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "MWh": "megawatt hour", "V": "volt", "mV": "millivolt", "mA": "milliamp",
    "mAh": "milliamp hour", "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "kbps": "kilobit per second/kilobits per second",
    "Mbps": "megabit per second/megabits per second",
    "Gbps": "gigabit per second/gigabits per second", "ms": "millisecond", "µs": "microsecond",
    "μs": "microsecond", "ns": "nanosecond", "sec": "second", "secs": "second", "min": "minute",
    "mins": "minute", "hr": "hour", "hrs": "hour", "ha": "hectare",
    "sq ft": "square foot/square feet", "sq m": "square meter", "km²": "square kilometer",
    "m²": "square meter", "cm²": "square centimeter", "km2": "square kilometer",
    "m2": "square meter", "m³": "cubic meter", "m3": "cubic meter", "cm³": "cubic centimeter",
    "cal": "calorie", "kcal": "kilocalorie", "kJ": "kilojoule", "psi": "PSI/PSI",
    "Pa": "pascal", "kPa": "kilopascal", "hPa": "hectopascal",
    "ppm": "part per million/parts per million",
    "%": "percent/percent", "‰": "per thousand/per thousand", "pp": "percentage point",
    "pct": "percent/percent", "px": "pixel", "MP": "megapixel", "dpi": "DPI/DPI",
}  # fmt: skip
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})?(?:(?<=\d)\.\d{1,9}|(?<!\d)\.\d{1,9})?"
_ONE = rf"(?=\.?\d)(?>{_NUMBER})"
_LONGEST_FIRST = sorted(_UNITS, key=len, reverse=True)
# A letter that is a unit alone must stand close to its number: "5m", not "5 m".
_UNIT = "|".join(map(re.escape, _LONGEST_FIRST))
_QUANTITY = re.compile(
    rf"(?P<minus>(?<![\w)\]])[-−])?(?<![\w.,/$£€])(?P<first>{_ONE})"
    rf"(?:\s?(?P<to>[-–—]|to|x|×)\s?(?P<last>{_ONE}))?"
    rf"(?P<gap>\s|-)?(?P<unit>{_UNIT})(?:(?<=[%°º])|(?![\w²³])(?!/[a-z]|['’]\w))"
    rf"(?:\.(?=\s[a-z,]))?"
)
_QUICK = re.compile(rf"\d[\s-]?(?:{_UNIT})(?![a-z])")
_GOES_ON = re.compile(r"\s[a-z]|[.,;)]|$")
_FEET = re.compile(
    r"(?<![\w.,])(\d{1,3})\s?['’′]\s?(1[01]|\d)(?:\s?(?:\"|”|″|''|’’))?(?![\w.]\d|\w)"
)
_PRIME = re.compile(r"(?<![\w.,])(\d{1,4})(″|′)")


def measures(text: str, tag: str) -> Iterator[Replacement]:
    """`5 km` is "five kilometers", `5–10 kg` "five to ten kilograms"."""
    if "'" in text or "’" in text or "′" in text or "″" in text:
        yield from _feet(text, tag)
    if not _QUICK.search(text):
        return
    for found in _QUANTITY.finditer(text):
        unit, gap = found["unit"], found["gap"]
        if len(unit) == 1 and unit.isalpha() and gap == " " and not _spaced(text, found):
            continue
        first, last = (found[k] and found[k].replace(",", "") for k in ("first", "last"))
        said = _number(first, tag)
        if last:
            link = " by " if found["to"] in ("x", "×") else " to "
            said += link + _number(last, tag)
        one, _, many = _UNITS[unit].partition("/")
        many = many or f"{one}s"
        # "a five kilometer run"
        adjective = gap == "-" or is_adjective(text, *found.span())
        single = (adjective and "percent" not in one) or (last or first) == "1"
        minus = "minus " if found["minus"] else ""
        stop = "." if unit == "in." and ends_sentence(text, found.end() - 1) else ""
        yield found.start(), found.end(), f"{minus}{said} {one if single else many}{stop}"


def _spaced(text: str, found: re.Match[str]) -> bool:
    """Whether a letter apart from its number is a unit, and no name: "5 m wide"."""
    return found["unit"] in "gLVW" or bool(_GOES_ON.match(text, found.end()))


def _feet(text: str, tag: str) -> Iterator[Replacement]:
    for found in _FEET.finditer(text):
        inches = cardinal(int(found[2]), tag)
        yield found.start(), found.end(), f"{cardinal(int(found[1]), tag)} foot {inches}"
    for found in _PRIME.finditer(text):
        unit = ("inch", "inches") if found[2] == "″" else ("foot", "feet")
        number = int(found[1])
        yield found.start(), found.end(), f"{cardinal(number, tag)} {unit[number != 1]}"


def _number(text: str, tag: str) -> str:
    whole, _, part = text.partition(".")
    return decimal(whole, part, tag)
