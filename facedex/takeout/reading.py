"""What one JSON says: the photo's title and the people on it, without any place.

``{"title": "photo.jpg", "people": [{"name": "Ann"}, ...], "photoTakenTime": {...}, "url": ...}``.
Faces that nobody named in Google Photos are not listed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from facedex.spelling import is_nobody, name_key, tidy_name

MAX_JSON_BYTES = 1 << 20  # one is of one to three kilobytes, and longer by its comments
_MAX_NAME_CHARS = 500
_PHOTOS_URL = "https://photos.google.com/"


@dataclass(frozen=True, slots=True)
class TakeoutFacts:
    """What a JSON says.

    Attributes
    ----------
    title : the photo's file name, as it was uploaded; a file on disk may be called otherwise.
    names : the people, each once.
    problems : one line of text for each thing that could not be used.
    """

    title: str = ""
    names: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_facts(data: bytes) -> TakeoutFacts | None:
    """Return what a JSON says; None if it is another program's.

    Raises
    ------
    ValueError
        If it is no JSON, or too large; the message says what is wrong.
    """
    if len(data) > MAX_JSON_BYTES:
        raise ValueError(f"not read: it is over {MAX_JSON_BYTES >> 20} MB")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError("not read: it is no JSON") from error
    if not isinstance(said, dict) or not _is_takeout(said):
        return None
    names, problems = _people(said.get("people", []))
    return TakeoutFacts(_sound(said["title"]), names, problems)


def _is_takeout(said: dict[str, Any]) -> bool:
    """Tell whether it is about a photo of Google Photos: an album has a title only."""
    if not isinstance(said.get("title"), str):
        return False
    url = said.get("url")
    is_there = isinstance(url, str) and url.startswith(_PHOTOS_URL)
    return is_there or "people" in said or "photoTakenTime" in said


def _people(said: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(said, list):
        return (), ("its people are no list",)
    names: dict[str, str] = {}
    n_bad = 0
    for one in said:
        text = one.get("name", "") if isinstance(one, dict) else None
        if not isinstance(text, str):
            n_bad += 1
            continue
        name = tidy_name(text)[:_MAX_NAME_CHARS].strip()
        if not is_nobody(name):
            names.setdefault(name_key(name), name)
    problems = (f"people without a name that could be read: {n_bad}",) if n_bad else ()
    return tuple(names.values()), problems


def _sound(text: str) -> str:
    """Return a text that can be stored: JSON may hold halves of characters."""
    return text.encode("utf-8", "replace").decode()
