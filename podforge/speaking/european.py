"""German, French, Spanish, Italian and Portuguese, each as a table."""

from podforge.speaking.tables import Table

_MONEY_SIGNS = ("€", "EUR", "$", "£", "CHF")


def _currencies(*pairs: tuple[str, str]) -> dict[str, tuple[str, str]]:
    euro, dollar, pound, franc = pairs
    return dict(zip(_MONEY_SIGNS, (euro, euro, dollar, pound, franc), strict=True))


def _units(*pairs: tuple[str, str]) -> dict[str, tuple[str, str]]:
    return dict(
        zip(("km", "m", "cm", "kg", "g", "l", "km/h", "°C", "°", "MB", "GB"), pairs, strict=True)
    )


def _same(*words: str) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in words)


GERMAN = Table(
    tag="de", one="ein", thousands=". \u202f\xa0", to="bis", percent="Prozent", hours="Uhr",
        inflects=True, endings={"Kapitel": "s", "Jahrhundert": "s", "Mal": "s", "Klasse": ""},
    ordinal=r"\.(?=\s(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|"
    r"Dezember|Jahrhundert|Platz|Mal|Kapitel|Klasse|Stock)\w{0,2}\b)",
    coins="", dot="Punkt",
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
    signs={":": "zu", "&": "und", "+": "plus", "=": "gleich", "@": "ät"},
    currencies=_currencies(*_same("Euro", "Dollar", "Pfund", "Franken")),
    units=_units(*_same("Kilometer", "Meter", "Zentimeter", "Kilogramm", "Gramm", "Liter",
        "Stundenkilometer", "Grad Celsius", "Grad", "Megabyte", "Gigabyte")),
    short={
        "z. B": "zum Beispiel", "d. h": "das heißt", "u. a": "unter anderem",
        "usw": "und so weiter",
        "bzw": "beziehungsweise", "ca": "circa", "Dr": "Doktor", "Prof": "Professor",
        "Nr": "Nummer",
        "Str": "Straße", "St": "Sankt", "evtl": "eventuell", "ggf": "gegebenenfalls",
        "vgl": "vergleiche",
        "Mio": "Millionen", "Mrd": "Milliarden", "Hr": "Herr",
    },
    exact={
        **{
            rf"(?:(?<=\b[Aa]m )|(?<=\b[Jj]eden )){short}\.|\b{short}\.(?=,?\s\d)": day
            for short, day in {"Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch",
                "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag", "So": "Sonntag"}.items()
        },
        r"\bFr\.(?=\s[A-ZÄÖÜ])": "Frau",
    },
)  # fmt: skip
FRENCH = Table(
    tag="fr", one="un", thousands=". \u202f\xa0", to="à", percent="pour cent", hours="heures",
    ordinal=r"(?:ères?|ers?|èmes?|es?|nde?)\b", coins="", dot="point", minus="moins",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ), first="premier",
    signs={":": "à", "&": "et", "+": "plus", "=": "égale", "@": "arobase"},
    currencies=_currencies(("euro", "euros"), ("dollar", "dollars"), ("livre", "livres"), ("franc",
        "francs")),
    units=_units(("kilomètre", "kilomètres"), ("mètre", "mètres"), ("centimètre", "centimètres"),
        ("kilo", "kilos"), ("gramme", "grammes"), ("litre", "litres"),
        ("kilomètre-heure", "kilomètres-heure"), ("degré Celsius", "degrés Celsius"),
        ("degré", "degrés"), ("mégaoctet", "mégaoctets"), ("gigaoctet", "gigaoctets")),
    exact={r"\bM\.(?=\s[A-ZÀ-Ý])": "Monsieur", r"\bMM\.(?=\s[A-ZÀ-Ý])": "Messieurs"},
    short={"p. ex": "par exemple", "c.-à-d": "c'est-à-dire",
        "env": "environ", "av. J.-C": "avant Jésus-Christ", "etc": "et cetera", "St": "Saint"},
    own={"1ère": "première", "1re": "première", "2nde": "seconde", "2nd": "second"},
)  # fmt: skip
SPANISH = Table(
    tag="es", one="un", thousands=". \u202f\xa0", to="a", percent="por ciento", hours="y",
    ordinal=r"\.?[ºª°]|\.?(?:er|ro|ra|do|da|to|ta)\b", coins="con", dot="punto", minus="menos",
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ), of=" de ", first="primero", clipped=("primero", "tercero"),
    feminine=("ª", "ra", "da", "ta"),
    signs={":": "a", "&": "y", "+": "más", "=": "igual a", "@": "arroba"},
    currencies=_currencies(("euro", "euros"), ("dólar", "dólares"), ("libra", "libras"), ("franco",
        "francos")),
    units=_units(("kilómetro", "kilómetros"), ("metro", "metros"), ("centímetro", "centímetros"),
        ("kilo", "kilos"), ("gramo", "gramos"), ("litro", "litros"),
        ("kilómetro por hora", "kilómetros por hora"), ("grado", "grados"), ("grado", "grados"),
        ("megabyte", "megabytes"), ("gigabyte", "gigabytes")),
    short={"Sr": "Señor", "Sra": "Señora", "Srta": "Señorita", "Dr": "Doctor", "Dra": "Doctora",
        "Ud": "usted", "Uds": "ustedes", "p. ej": "por ejemplo", "etc": "etcétera",
        "EE. UU": "Estados Unidos",
        "aprox": "aproximadamente", "núm": "número", "pág": "página", "a. C": "antes de Cristo"},
    own={"1er": "primer", "3er": "tercer", "1.er": "primer", "3.er": "tercer"},
)  # fmt: skip
ITALIAN = Table(
    tag="it", one="un", thousands=". \u202f\xa0", to="a", percent="per cento", hours="e",
    ordinal=r"[ºª°]", coins="e", dot="punto", minus="meno", feminine=("ª",),
    months=(
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
        "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
    ), first="primo",
    signs={":": "a", "&": "e", "+": "più", "=": "uguale a", "@": "chiocciola"},
    currencies=_currencies(("euro", "euro"), ("dollaro", "dollari"), ("sterlina", "sterline"),
        ("franco", "franchi")),
    units=_units(("chilometro", "chilometri"), ("metro", "metri"), ("centimetro", "centimetri"),
        ("chilo", "chili"), ("grammo", "grammi"), ("litro", "litri"),
        ("chilometro orario", "chilometri orari"), ("grado", "gradi"), ("grado", "gradi"),
        ("megabyte", "megabyte"), ("gigabyte", "gigabyte")),
    short={"Sig": "Signor", "Sig.ra": "Signora", "Dott": "Dottor", "Dott.ssa": "Dottoressa",
        "Prof": "Professor", "ecc": "eccetera", "p. es": "per esempio", "ad es": "ad esempio",
        "per es": "per esempio",
        "pag": "pagina", "a. C": "avanti Cristo", "d. C": "dopo Cristo"},
)  # fmt: skip
PORTUGUESE = Table(
    tag="pt", one="um", thousands=". \u202f\xa0", to="a", percent="por cento", hours="e",
    ordinal=r"\.?[ºª°]", coins="e", dot="ponto", minus="menos", feminine=("ª",),
    months=(
        "janeiro", "fevereiro", "março", "abril", "maio", "junho",
        "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
    ), of=" de ", first="primeiro",
    signs={":": "a", "&": "e", "+": "mais", "=": "igual a", "@": "arroba"},
    currencies=_currencies(("euro", "euros"), ("dólar", "dólares"), ("libra", "libras"), ("franco",
        "francos"))
    | {"R$": ("real", "reais")},
    units=_units(("quilómetro", "quilómetros"), ("metro", "metros"), ("centímetro", "centímetros"),
        ("quilo", "quilos"), ("grama", "gramas"), ("litro", "litros"),
        ("quilómetro por hora", "quilómetros por hora"), ("grau", "graus"), ("grau", "graus"),
        ("megabyte", "megabytes"), ("gigabyte", "gigabytes")),
    short={"Sr": "Senhor", "Sra": "Senhora", "Dr": "Doutor", "Dra": "Doutora", "Prof": "Professor",
        "p. ex": "por exemplo", "etc": "et cetera", "pág": "página", "aprox": "aproximadamente",
        "a. C": "antes de Cristo"},
)  # fmt: skip
TABLES = (GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE)
