"""`speakers:` of the front matter: a map closes the cast, a list is only a hint."""

from collections.abc import Iterable
from dataclasses import replace

from podforge.chains import Chain, chain_named, chain_of
from podforge.cues import SIDES
from podforge.reading import values
from podforge.reading.findings import Findings
from podforge.reading.names import meant, normal
from podforge.script import Role
from podforge.strict_yaml import Mapping, Node, Scalar, Sequence
from podforge.units import LEAST_SPEED, MOST_SPEED

_KEYS = ("name", "voice", "aliases", "style", "gain", "pan", "chain", "speed", "engine", "language")
_USUAL = tuple(key for key in _KEYS if key not in ("name", "voice", "aliases"))
_MOST_GAIN = 40.0  # dB


def read_roles(node: Node, findings: Findings, usual: Role) -> tuple[tuple[Role, ...], bool]:
    """The declared roles, each beginning as the usual one, and whether the cast is closed."""
    if isinstance(node, Mapping):
        roles = [_role(key, value, findings, usual) for key, value in node.entries]
        _check_names(roles, findings)
        return tuple(roles), True
    if isinstance(node, Scalar) and not node.text:
        return (), False
    listed = node.items if isinstance(node, Sequence) else (node,)
    found = [_listed(item, findings, usual) for item in listed]
    return tuple(role for role in found if role), False


def read_defaults(entries: Iterable[tuple[Scalar, Node]], findings: Findings) -> Role:
    """What every speaker starts from; later entries win."""
    usual = Role("")
    for key, value in entries:
        if key.text in _USUAL:
            usual = _set(usual, key, value, findings)
        else:
            text = f'unknown setting "{key.text}" of all speakers{meant(key.text, _USUAL)}'
            findings.error(key.place, text)
    return usual


def _listed(node: Node, findings: Findings, usual: Role) -> Role | None:
    """One entry of a list: a name, or a map with `name`, as other tools write it."""
    if isinstance(node, Mapping):
        name = node.get("name") or node.get("id")
        if name is None and len(node.entries) == 1 and isinstance(node.entries[0][1], Scalar):
            key, value = node.entries[0]
            voice_name = values.text(value, findings) or ""
            return replace(usual, name=key.text, voice=voice_name, place=key.place)
        voice = node.get("voice")
        if isinstance(name, Scalar) and name.text.strip():
            text = voice.text if isinstance(voice, Scalar) else ""
            written = " ".join(name.text.split())
            return replace(usual, name=written, voice=text, place=name.place)
        return None
    name_text = values.text(node, findings)
    return replace(usual, name=name_text, place=node.place) if name_text else None


def _role(key: Scalar, node: Node, findings: Findings, usual: Role) -> Role:
    role = replace(usual, name=" ".join(key.text.split()), place=key.place)
    if not role.name:
        findings.error(key.place, "a speaker needs a name")
    if isinstance(node, Scalar):
        return replace(role, voice=node.text.strip())
    if not isinstance(node, Mapping):
        findings.error(node.place, f'the speaker "{role.name}" is a voice or a map of settings')
        return role
    for name, value in node.entries:
        role = _set(role, name, value, findings)
    return role


def _set(role: Role, key: Scalar, node: Node, findings: Findings) -> Role:
    match key.text:
        case "name":
            name = values.text(node, findings)
            aliases = (*role.aliases, role.name)
            return replace(role, name=name, aliases=aliases) if name else role
        case "aliases":
            return replace(role, aliases=(*role.aliases, *(values.texts(node, findings) or ())))
        case "voice":
            return replace(role, voice=_voice(node, findings))
        case "style":
            return replace(role, style=values.text(node, findings) or "")
        case "engine":
            return replace(role, engine=values.text(node, findings) or "")
        case "language":
            return replace(role, language=values.language(node, findings) or "")
        case "gain" | "pan" | "speed" | "chain":
            return _set_sound(role, key.text, node, findings)
    findings.error(key.place, f'unknown setting "{key.text}" of a speaker{meant(key.text, _KEYS)}')
    return role


def _set_sound(role: Role, key: str, node: Node, findings: Findings) -> Role:
    match key:
        case "gain":
            gain = values.number(node, findings, -_MOST_GAIN, _MOST_GAIN, "dB")
            return replace(role, gain_db=gain or 0.0)
        case "pan":
            return replace(role, pan=_pan(node, findings))
        case "speed":
            return replace(role, speed=values.number(node, findings, LEAST_SPEED, MOST_SPEED))
    return replace(role, chain=_chain(node, findings))


def _pan(node: Node, findings: Findings) -> float:
    """From -1, left, to 1, right; in words, too, as in a cue."""
    side = SIDES.get(node.text.strip().lower()) if isinstance(node, Scalar) else None
    return side if side is not None else values.number(node, findings, -1, 1) or 0.0


def _chain(node: Node, findings: Findings) -> Chain | None:
    try:
        if isinstance(node, Mapping):
            return chain_of({key.text: values.text(v, findings) or "" for key, v in node.entries})
        name = values.text(node, findings)
        return chain_named(name) if name else None
    except ValueError as error:
        findings.error(node.place, str(error))
        return None


def _voice(node: Node, findings: Findings) -> str:
    if isinstance(node, Mapping):
        findings.error(
            node.place,
            "a voice from a file is not read here yet: "
            "make a folder for it among the voices and name that",
        )
        return ""
    return values.text(node, findings) or ""


def _check_names(roles: list[Role], findings: Findings) -> None:
    owner: dict[str, Role] = {}
    for role in roles:
        for name in (role.name, *role.aliases):
            other = owner.setdefault(normal(name), role)
            if other is not role and other.name != role.name:
                text = f'"{name}" names two speakers: "{other.name}" and "{role.name}"'
                findings.error(role.place, text)
            elif other is not role:
                findings.error(role.place, f'the speaker "{name}" is declared twice')
