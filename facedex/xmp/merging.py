"""Bringing a packet up to date with the named faces, in every form that other programs look for.

A face becomes an MWG region, a Microsoft region, a person in the image, a keyword, and a path under
``People`` in the lists that digiKam, Lightroom and Windows show. Only the properties that change
are written anew, with all that they hold; every other byte of the packet stays. What facedex wrote
earlier goes when it is no longer true; what others wrote never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from facedex.geometry import clip_box
from facedex.xmp.editing import PacketEdit, UnmergeableError
from facedex.xmp.merging_regions import DECIMALS, merge_mp, merge_mwg, names_of_regions
from facedex.xmp.merging_texts import merge_texts
from facedex.xmp.reading import NO_PROPERTIES
from facedex.xmp.regions import XmpRegion, clean_name, is_same_face
from facedex.xmp.traces import NO_TRACES, Traces, find_trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.types import Box
    from facedex.xmp.reading import XmpFacts
    from facedex.xmp.regions import Size

NEW_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>\n'
).encode()


@dataclass(frozen=True, slots=True)
class NamedFace:
    """A face to be written: a person's name and the box in the stored-pixel frame, 0..1."""

    name: str
    box: Box


class Update(NamedTuple):
    """A packet with faces in it, and what of that facedex wrote."""

    packet: bytes
    traces: Traces


def update_packet(
    packet: bytes | None,
    faces: Sequence[NamedFace],
    size: Size,
    traces: Traces = NO_TRACES,
    orientation: int = 1,
) -> Update:
    """Return the packet with these faces in it; None starts a new packet.

    A region that marks one of the faces gets its name and box and keeps its other fields; if that
    renames it, the old name's keywords go unless another region bears it. What facedex left in the
    packet, and is no longer among the faces, is taken out, and what it had overwritten comes back.
    Everything else stays. The same faces again change nothing.

    Parameters
    ----------
    size : (width, height) of the stored pixels, for ``AppliedToDimensions``.
    traces : what facedex left in the packet before.
    orientation : the photo's, as EXIF has it: others may have drawn regions on it turned upright.

    Raises
    ------
    UnmergeableError
        If the packet is damaged, or others drew its regions on a picture of another shape or
        turned.
    ValueError
        If a face has no name or no area inside the picture.
    """
    wanted = [_region_of(face) for face in faces]
    edit = PacketEdit(NEW_PACKET if packet is None else packet)
    drawn = names_of_regions(edit)
    mwg = merge_mwg(edit, wanted, size, traces, orientation)
    mp = merge_mp(edit, wanted, traces, orientation)
    bearers = names_of_regions(edit)
    renamed = (mwg.renamed | mp.renamed) - bearers
    names = list(dict.fromkeys(region.name for region in wanted))
    texts = merge_texts(edit, names, renamed, bearers, drawn, traces.texts)
    return Update(edit.result(), Traces(mwg.traces + mp.traces, texts))


def find_flaw(face: NamedFace) -> str | None:
    """Return why a face cannot be written at all, or None."""
    try:
        _region_of(face)
    except ValueError as error:
        return str(error)
    return None


def faces_in(faces: Sequence[NamedFace], traces: Traces) -> list[NamedFace]:
    """Return those of the faces that facedex wrote into a packet before, under whatever name."""
    written = [trace.region for trace in traces.regions]
    return [
        face for face in faces if any(is_same_face(_region_of(face), region) for region in written)
    ]


def is_outdated(traces: Traces, faces: Sequence[NamedFace]) -> bool:
    """Tell whether facedex wrote a face before that is not among these."""
    true = [_region_of(face) for face in faces]
    return any(
        not any(
            region.name == trace.region.name and is_same_face(region, trace.region)
            for region in true
        )
        for trace in traces.regions
    )


def check_faces(
    before: XmpFacts, after: XmpFacts, faces: Sequence[NamedFace], traces: Traces = NO_TRACES
) -> None:
    """Check what was read back: it has the faces, every region of others, and no new problem.

    Parameters
    ----------
    traces : what facedex had left in it before; of that only the faces must be there.

    Raises
    ------
    UnmergeableError
        If something is amiss; the message says what.
    """
    # a packet is empty again once the last name is taken back
    known = {*before.problems, NO_PROPERTIES}
    if new := [problem for problem in after.problems if problem not in known]:
        raise UnmergeableError(f"what was written reads back with a problem: {new[0]}")
    wanted = [_region_of(face) for face in faces]
    kept = [
        old
        for old in before.regions
        if find_trace(old, traces) is None and not any(is_same_face(old, face) for face in wanted)
    ]
    for region in [*wanted, *kept]:
        if not any(r.name == region.name and is_same_face(r, region) for r in after.regions):
            raise UnmergeableError("a face does not read back after it was written")


def _region_of(face: NamedFace) -> XmpRegion:
    name, box = clean_name(face.name), clip_box(face.box)
    if not name:
        raise ValueError("a face to be written has no name")
    if round(box.width, DECIMALS) <= 0 or round(box.height, DECIMALS) <= 0:
        raise ValueError("a face to be written has no area inside the picture")
    return XmpRegion(box, name, "mwg")
