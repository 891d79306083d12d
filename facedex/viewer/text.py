"""The words of the window: plain text, one line each, never markup."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QTimeZone

from facedex.spelling import isolated
from facedex.types import FaceState, Source

if TYPE_CHECKING:
    from facedex.services.telling.records import FaceRow, PhotoNotes, PhotoRow

UNNAMED = "Unnamed"
_SOURCES = {
    Source.USER: "confirmed",
    Source.PICASA: "named in Picasa",
    Source.DIGIKAM: "named in digiKam",
    Source.XMP: "named in its XMP tag",
    Source.AUTO: "named by facedex",
}


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space, line ends too, as one space."""
    return " ".join(text.split())


def name_in_text(name: str, most: int = 200) -> str:
    """Return a name for a place among other text: one line, and it turns nothing around it."""
    return isolated(shortened(one_line(name), most))


def shortened(text: str, most: int = 60) -> str:
    """Return at most ``most`` characters of ``text``; the last is "…" where some are missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return ``"1 face"`` or ``"1,234 faces"``; ``plural`` is for nouns that take no s."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def escape_mnemonic(text: str) -> str:
    """Return ``text`` for a menu, button or buddy label, where a single ``&`` marks a key."""
    return text.replace("&", "&&")


def percent(probability: float) -> str:
    """Return a probability of 0..1 as ``"94 %"``; at the ends ``"under 1 %"``, ``"over 99 %"``."""
    if not 0.01 <= probability <= 0.99:
        return "under 1 %" if probability < 0.5 else "over 99 %"
    return f"{100 * probability:.0f} %"


def face_label(face: FaceRow) -> str:
    """Return the name under a face: ``Anna``, ``Anna?`` for a suggestion, or that it has none."""
    name = name_in_text(face.person_name or "")
    if face.state is FaceState.IGNORED:
        return "Ignored"
    if not name or face.state in (FaceState.UNKNOWN, FaceState.REJECTED):
        return UNNAMED
    return f"{name}?" if face.state is FaceState.SUGGESTED else name


def face_detail(face: FaceRow) -> str:
    """Return what is known of the face beside its name; ``""`` where that is nothing."""
    words = [_state_detail(face)]
    if face.companion is not None:  # the kind of RAW: the same face is on it
        words.append("+ " + PurePath(face.companion).suffix.removeprefix(".").upper())
    return " · ".join(word for word in words if word)


def _state_detail(face: FaceRow) -> str:
    if face.state is FaceState.SUGGESTED:
        return "" if face.probability is None else percent(face.probability)
    if face.state is FaceState.CONFIRMED:
        return _SOURCES[face.source] if face.source else "confirmed"
    return "looked at, not named" if face.state is FaceState.REJECTED else ""


def face_spoken(face: FaceRow) -> str:
    """Return the face as a screen reader says it."""
    words = [face_label(face).removesuffix("?")]
    if face.state is FaceState.SUGGESTED:
        words.append("suggested")
    words += [face_detail(face), PurePath(face.path).name]
    return ", ".join(dict.fromkeys(word for word in words if word))


def photo_notes(notes: PhotoNotes) -> str:
    """Return what other programs noted of a photo, or nothing."""
    parts = []
    if notes.people:
        parts.append(f"Also here: {', '.join(map(name_in_text, notes.people))}")
    if notes.caption:
        parts.append(f"“{isolated(notes.caption)}”")
    if notes.is_starred:
        parts.append("starred in Picasa")
    if notes.is_hidden:
        parts.append("hidden in Picasa")
    return "  ·  ".join(map(one_line, parts))


def photo_facts(photo: PhotoRow) -> str:
    """Return when the photo was taken, its size, how many faces it has, and what lies beside it."""
    facts = [
        f"{photo.width_px} \N{MULTIPLICATION SIGN} {photo.height_px}",
        counted(len(photo.faces), "face"),
    ]
    facts += [f"+ {PurePath(path).name}" for path in photo.companions]
    if photo.taken_us is not None:
        taken = QDateTime.fromMSecsSinceEpoch(photo.taken_us // 1000, QTimeZone.utc())
        facts.insert(0, QLocale().toString(taken, QLocale.FormatType.ShortFormat))
    return "  ·  ".join(facts)
