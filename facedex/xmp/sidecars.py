"""The ``.xmp`` files beside photos: which belong to one, and what is to become of them.

Two names are in use: ``photo.jpg.xmp`` (digiKam, darktable) and ``photo.xmp`` (Adobe). The second
belongs to every photo of that stem, a RAW and its JPEG.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from facedex.errors import MetadataError
from facedex.imaging.formats import FileKind, classify, suffix
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.files import Replacement, read_bytes
from facedex.xmp.merging import NEW_PACKET, check_faces, update_packet
from facedex.xmp.reading import read_facts
from facedex.xmp.traces import NO_TRACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facedex.xmp.merging import NamedFace
    from facedex.xmp.regions import Size
    from facedex.xmp.traces import Traces

_SUFFIX = b".xmp"


def find_sidecars(photo: bytes, folder_names: Iterable[bytes]) -> list[bytes]:
    """Return the sidecars of a photo among the names of its folder, in any case of letters.

    The one with the photo's whole name comes first: where the two contradict, it is the closer.
    """
    wanted = [name.lower() for name in _sidecar_names(photo)]
    found = [name for name in folder_names if name.lower() in wanted]
    return sorted(found, key=lambda name: (wanted.index(name.lower()), name))


def sidecar_to_write(photo: bytes, folder_names: Iterable[bytes]) -> bytes:
    """Return the name of the sidecar that takes a photo's faces, there or not yet.

    ``photo.xmp`` only where it exists and no other photo of the folder shares it.
    """
    names = list(folder_names)
    whole, short = _sidecar_names(photo)
    for name in find_sidecars(photo, names):
        if name.lower() == whole.lower() or not _is_shared(photo, short, names):
            return name
    return whole


def is_short(photo: bytes, sidecar: bytes) -> bool:
    """Tell whether a photo's sidecar has only the stem of its name (``photo.xmp``)."""
    return sidecar.lower() != _sidecar_names(photo)[0].lower()


def by_stem(folder_names: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Return the names of a folder by what stands before their extension, lower-case."""
    found = defaultdict(list)
    for name in folder_names:
        found[_stem(name).lower()].append(name)
    return dict(found)


def names_near(photo: bytes, names_by_stem: Mapping[bytes, list[bytes]]) -> list[bytes]:
    """Return those of a folder's names (:func:`by_stem`) that matter for a photo's sidecars.

    In a folder of many photos, asking for each among all names would take the square of them.
    """
    stems = {photo.lower(), _stem(photo).lower()}
    return [name for stem in stems for name in names_by_stem.get(stem, ())]


def _sidecar_names(photo: bytes) -> tuple[bytes, bytes]:
    return photo + _SUFFIX, _stem(photo) + _SUFFIX


def _stem(name: bytes) -> bytes:
    return name[: len(name) - len(suffix(name))]


def _is_shared(photo: bytes, short: bytes, names: list[bytes]) -> bool:
    return any(
        name.lower() != photo.lower()
        and _sidecar_names(name)[1].lower() == short.lower()
        and classify(name, b"") is FileKind.PHOTO
        for name in names
    )


def plan_sidecar(
    path: bytes, faces: Sequence[NamedFace], size: Size, traces: Traces, orientation: int = 1
) -> tuple[Replacement, Traces]:
    """Return what is to become of a sidecar, and what of it facedex then wrote.

    It keeps all that others wrote. One that would hold nothing but an empty packet of facedex's own
    is to go, and one that is not there is not made for nobody.

    Parameters
    ----------
    size : (width, height) of the photo's stored pixels.
    traces : what facedex left in it before; what of that is not among the faces is taken out.
    orientation : the photo's, as EXIF has it.

    Raises
    ------
    MetadataError
        If it cannot be read, or cannot take the faces without loss.
    """
    old = read_bytes(path)
    if old is None and not faces:
        return Replacement(path, None, None), NO_TRACES
    try:
        update = update_packet(old, faces, size, traces, orientation)
        if update.packet != old:
            check_faces(read_facts(old or b""), read_facts(update.packet), faces, traces)
    except UnmergeableError as error:
        raise MetadataError(path, "write", str(error), "unmergeable") from error
    is_ours = update.packet == NEW_PACKET and traces != NO_TRACES
    return Replacement(path, old, None if is_ours else update.packet), update.traces
