"""Which photos of a folder a JSON is about, by its name and by the title in it.

``photo.jpg.json`` is of ``photo.jpg``, and since 2024 ``photo.jpg.supplemental-metadata.json``.
What stands before ``.json`` is cut off after 46 characters, so that of the ending, or of the
photo's own name, any part may be missing; a photo's name is cut before its extension after 47. Of a
second ``photo.jpg`` the number stands elsewhere: ``photo.jpg(1).json`` is of ``photo(1).jpg``. An
edited copy (``photo-edited.jpg``, in the language of the account) has no JSON of its own. Where a
photo was uploaded without an extension, neither the JSON's name nor its title has the file's.
"""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from facedex.imaging.formats import MOVIE_SUFFIXES, FileKind, classify, suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_JSON = ".json"
_ENDING = "supplemental-metadata"
_MOST_OF_JSON, _MOST_OF_PHOTO = 46, 47
_SIGN = re.compile(r"[\x00-\x7f](?<![\w.()])", re.ASCII)  # letters of all scripts stay
_BEYOND = "\U0010ffff"
_NUMBERED = re.compile(r"(.+)\((\d{1,5})\)", re.DOTALL)
# in the languages that have been seen in exports
_EDITED = frozenset(
    """edited|bearbeitet|modifié|modifiée|editado|ha editado|editada|editat|modificato|modificata
    bewerkt|edytowane|redigerad|redigeret|redigert|muokattu|upravené|upraveno|編集済み|编辑|已编辑|
    已編輯|편집됨|수정됨|отредактировано|відредаговано""".replace("\n", "|")
    .replace("    ", "")
    .split("|")
) - {""}


def is_named_as_takeout(document: bytes) -> bool:
    """Tell whether a file's name alone says that it is about a photo, so that it should be read."""
    return any(_is_photo(wanted) for wanted in _wanted(os.fsdecode(document)))


def is_movie(title: str) -> bool:
    """Tell whether a title is that of a movie: its JSON names nobody on a photo."""
    return suffix(os.fsencode(title)) in MOVIE_SUFFIXES


class TakeoutFolder:
    """The files of one folder, in which the photos of each JSON are found."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._by_key: dict[str, list[bytes]] = defaultdict(list)
        self._by_shape: dict[str, list[bytes]] = defaultdict(list)
        self._by_stem: dict[str, list[bytes]] = defaultdict(list)
        self._by_number: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self._edited: dict[str, list[bytes]] = defaultdict(list)
        documents = []
        for name in sorted(names):
            text = os.fsdecode(name)
            if text.lower().endswith(_JSON):
                documents.append(text)
            elif _is_photo(text):
                self._add(name, text)
        for listed in self._by_number.values():
            listed.sort()
        wanted = [one for document in documents for one in _wanted(document)]
        self._with_own = {name for name in map(self._find, wanted) if name is not None}
        self._give_spare_copies({_key(one.rpartition(".")[0]) for one in wanted})

    def _add(self, name: bytes, text: str) -> None:
        stem, number, ending = _split(text)
        self._by_key[_key(text)].append(name)
        self._by_shape[_shape(text)].append(name)
        self._by_stem[_shape(text.rpartition(".")[0])].append(name)
        self._by_number[number].append((_shape(stem + ending), name))
        original, dash, word = stem.rpartition("-")
        if dash and _is_edited(stem, word):
            self._edited[_key(_numbered(original, number))].append(name)

    def _give_spare_copies(self, wanted_stems: set[str]) -> None:
        """Let ``photo-edited(1).jpg`` be of ``photo.jpg`` where there is no ``photo(1).jpg``."""
        there = wanted_stems | {_key(text.rpartition(".")[0]) for text in self._by_key}
        for stem in sorted(self._edited.keys() - there):
            numbered = _NUMBERED.fullmatch(stem)
            if numbered and numbered[1] in there:
                self._edited[numbered[1]] += self._edited.pop(stem)

    def photos_of(self, document: bytes, title: str) -> list[bytes]:
        """Return the photo of a JSON and its edited copies; none where it is not sure which it is.

        Parameters
        ----------
        document : its name. title : the one in it, which counts where its name says too little.
        """
        text = os.fsdecode(document)
        for wanted in _wanted(text):
            found = self._find(wanted)
            if found is not None or self._copies(wanted):
                return [*([] if found is None else [found]), *self._copies(wanted)]
        found = self._find_clipped(text, title) or self._find_by_title(text, title)
        return [] if found is None else [found, *self._copies(os.fsdecode(found))]

    def _find(self, wanted: str) -> bytes | None:
        return _only(self._by_key.get(_key(wanted), []), wanted)

    def _copies(self, photo: str) -> list[bytes]:
        stem = photo.rpartition(".")[0]
        return [name for name in self._edited.get(_key(stem), ()) if name not in self._with_own]

    def _find_clipped(self, document: str, title: str) -> bytes | None:
        base, number = _base(document)
        if _length(base) < _MOST_OF_JSON:
            return None
        begin, listed = _shape(base), self._by_number.get(number, [])
        start = bisect_left(listed, (begin, b""))
        stop = bisect_left(listed, (begin + _BEYOND, b""), start)
        near = [name for _shape_of, name in listed[start:stop] if name not in self._with_own]
        found = [name for name in near if _is_titled(os.fsdecode(name), title)]
        return found[0] if len(found) == 1 else None

    def _find_by_title(self, document: str, title: str) -> bytes | None:
        _base_text, number = _base(document)
        stem, ending = _title(title)
        for most in (len(stem), _MOST_OF_PHOTO):
            wanted = _numbered(stem[:most], number) + ending
            listed = self._by_shape if ending else self._by_stem
            names = [name for name in listed.get(_shape(wanted), ()) if name not in self._with_own]
            found = _only(names, wanted)
            if found is not None:
                return found
        return None


def _only(names: list[bytes], wanted: str) -> bytes | None:
    """Return the name that is wanted, else the only one, else None."""
    exact = [name for name in names if os.fsdecode(name) == wanted]
    found = exact or names
    return found[0] if len(found) == 1 else None


def _wanted(document: str) -> Iterator[str]:
    """Yield what the photo of a JSON may be called, if nothing of its name is cut off."""
    base, number = _base(document)
    rests = [base]
    before, dot, ending = base.rpartition(".")
    if dot and _ENDING.startswith(ending.lower()):
        rests.append(before)
    for rest in rests:
        stem, dot, after = rest.rpartition(".")
        if dot:
            yield f"{_numbered(stem, number)}.{after}"


def _base(document: str) -> tuple[str, str]:
    """Return what stands before ``.json``, and the number behind it; ``""`` is none."""
    base = document[: -len(_JSON)]
    numbered = _NUMBERED.fullmatch(base)
    return (numbered[1], numbered[2]) if numbered else (base, "")


def _split(photo: str) -> tuple[str, str, str]:
    """Return a photo's name without its number, the number, and the extension with its dot."""
    stem, _dot, ending = photo.rpartition(".")
    numbered = _NUMBERED.fullmatch(stem)
    stem, number = (numbered[1], numbered[2]) if numbered else (stem, "")
    return stem, number, f".{ending}"


def _numbered(stem: str, number: str) -> str:
    return f"{stem}({number})" if number else stem


def _is_titled(photo: str, title: str) -> bool:
    """Tell whether a title, of which the end may be cut off, is that of a photo."""
    stem, _number, ending = _split(photo)
    of_title, of_title_ending = _title(title)
    is_begin = _shape(of_title).startswith(_shape(stem))
    is_whole = _shape(of_title) == _shape(stem) or _length(stem) >= _MOST_OF_JSON
    return is_begin and is_whole and of_title_ending.lower() in {"", ending.lower()}


def _title(title: str) -> tuple[str, str]:
    """Return the stem of a title and the extension of a photo with its dot; ``""`` is none."""
    stem, dot, ending = title.rpartition(".")
    return (stem, dot + ending) if _is_photo(title) else (title, "")


def _is_edited(stem: str, ending: str) -> bool:
    """Tell whether a name ends as that of an edited copy, or as much of it as is not cut off."""
    word = _key(ending)
    if word in _EDITED_KEYS:
        return True
    is_clipped = _length(stem) >= _MOST_OF_JSON
    return is_clipped and any(each.startswith(word) for each in _EDITED_KEYS)


def _is_photo(name: str) -> bool:
    return classify(os.fsencode(name), b"") is FileKind.PHOTO


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _key(text: str) -> str:
    """Return what a name has in common on all systems: case and the encoding of accents differ."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _shape(text: str) -> str:
    """Return a name in which signs are alike.

    Google puts ``_`` for those that files may not have.
    """
    return _SIGN.sub("_", _key(text))


_EDITED_KEYS = frozenset(map(_key, _EDITED))
