"""Where a server is: https, or http on this machine."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from podforge.errors import SettingError

SETTING = "base_url"
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9]+)?")  # names in ASCII, and addresses


def checked_address(text: str, plain_http: bool = False) -> str:
    """A base URL, tidied: `https`, or `http` to a loopback address (RFC 6761, section 6.3).

    `plain_http` allows `http` elsewhere: the text, and the key, are then read by whoever listens.
    Raises `SettingError`.
    """
    if not origin_of(text):
        raise SettingError(f'"{text}" is no address of a server', SETTING,
                           hint="such as https://tts.example.org/v1")  # fmt: skip
    url = text.strip()
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.username or parts.password:
        raise SettingError("no name and password in an address", SETTING,
                           hint="keys come from the environment")  # fmt: skip
    if parts.query or parts.fragment:  # not repeated: a key may be in it
        raise SettingError("an address of a server ends with its path", SETTING,
                           hint="leave out the ? or #, and what follows")  # fmt: skip
    if "://" not in url and is_loopback(parts.hostname or ""):  # few of these speak TLS
        raise SettingError(f'"{text}" does not say http or https', SETTING,
                           hint=f"such as http://{parts.netloc}/v1")  # fmt: skip
    if parts.scheme == "http" and not (plain_http or is_loopback(parts.hostname or "")):
        hint = "use https, or set plain_http: yes for a network of yours"
        raise SettingError(f"{text} is not encrypted", SETTING, hint=hint)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def origin_of(text: str) -> str:
    """Scheme, host and port of an address (RFC 6454, section 4), to compare; empty for none."""
    try:
        parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:  # brackets that do not close, a port that is none
        return ""
    named = parts.hostname and _HOST.fullmatch(parts.hostname)
    return f"{parts.scheme}://{parts.hostname}:{port}" if named and port else ""


def is_at(url: str, other: str) -> bool:
    """Whether both are addresses of one server."""
    return origin_of(url) == origin_of(other) != ""


def host_of(url: str) -> str:
    """The host and port of a checked address, for fingerprints and messages."""
    return urlsplit(url).netloc


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
