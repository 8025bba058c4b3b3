"""Where a server is: https, or http on this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from podforge.errors import SettingError

SETTING = "base_url"


def checked_address(text: str, plain_http: bool = False) -> str:
    """A base URL, tidied: `https`, or `http` to a loopback address (RFC 6761, section 6.3).

    `plain_http` allows `http` elsewhere: the text, and the key, are then read by whoever listens.
    Raises `SettingError`.
    """
    url = text.strip()
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f'"{text}" is no address of a server', SETTING,
                           hint="such as https://tts.example.org/v1")  # fmt: skip
    if parts.username or parts.password:
        raise SettingError("no name and password in an address", SETTING,
                           hint="keys come from the environment")  # fmt: skip
    if parts.query or parts.fragment:
        raise SettingError(f'"{text}" has more than a path', SETTING)
    if parts.scheme == "http" and not (plain_http or is_loopback(parts.hostname)):
        hint = "use https, or set plain_http: yes for a network of yours"
        raise SettingError(f"{text} is not encrypted", SETTING, hint=hint)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


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
