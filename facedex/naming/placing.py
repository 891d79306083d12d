"""Which reading of a photo's regions is right, and what becomes of each region.

The reading under which most regions lie on faces that were found. The claimed one goes first where
it explains as many; another one is believed where it explains more, and no third one that explains
as many gives somebody another face. Where one that explains more is not believed, nobody knows:
regions on which both agree stand, and the names of the others stand for the whole photo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facedex.geometry import clip_box, contains_center
from facedex.naming.crops import explain_by_crops
from facedex.naming.explaining import explain
from facedex.naming.readings import Claim, turned_readings
from facedex.naming.same_face import is_on_face
from facedex.types import NoPlace, Place, WithoutFace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.naming.explaining import Explanation
    from facedex.naming.readings import Size, Written
    from facedex.types import Box

_LEAST_EVIDENCE = 1.0  # in powers of ten, before another reading than the claimed one is looked at
_LEAST_IN_DOUBT = 0.0  # the same where half of the regions lie on nothing under the claimed one
_ENOUGH_EVIDENCE = 2.5  # before it may be believed
_CROWD, _MORE_IN_A_CROWD = 4, 1.0  # of so many faces, one region lies on some face too easily
_DOUBTFUL_MARGIN = 1.0  # of what explains as many, before nothing is believed
_LEAST_MARGIN = 1.0  # over the claimed one, before it is believed
_RIVALS_WITHIN = 2.0  # a reading that gives other faces is a rival if it is no less likely
_RIVALS_OF_ANOTHER_WITHIN = 6.0  # a crop has less evidence than it seems: it was made to fit
_REFUTED = -3.0  # evidence for what is claimed that no detector's fault explains
_REFUTED_BESIDE_HITS = -1.0  # the same where some lie on faces all the same, and not well
_LEAST_OF_ANOTHER = 2  # regions on faces, before those of another picture count
_ENOUGH_OF_ANOTHER = 1.5  # and what has to speak for the reading that puts them there


def place_by_faces(written: Written, detected: Sequence[Box], size: Size) -> list[Place | NoPlace]:
    """Return where the regions of one document lie on one photo.

    Parameters
    ----------
    detected : the faces that were found, in the stored-pixel frame.
    size : (width, height) of the stored pixels.
    """
    if not written.boxes:
        return []
    own = [explain(reading, detected, size) for reading in written.readings]
    if not detected:
        return _without_evidence(written, own)
    claimed = _claimed(own)
    is_all = claimed.n_hits == len(written.boxes)
    if written.claim is Claim.FITS and is_all and claimed.slack < _DOUBTFUL_MARGIN:
        return _as_claimed(written, claimed, detected)
    others = [one for one in own if one is not claimed]
    others += [explain(reading, detected, size) for reading in turned_readings(written)]
    is_most = 2 * claimed.n_hits > len(written.boxes) > _LEAST_OF_ANOTHER
    if written.claim is Claim.OTHER or not (is_all or is_most):
        others += explain_by_crops(written, detected, size)
    if written.claim is Claim.OTHER:
        return _of_another_picture(written, [claimed, *others], detected)
    in_doubt = _is_in_doubt(written, claimed, detected, size)
    least = _LEAST_IN_DOUBT if in_doubt else _LEAST_EVIDENCE
    better = [one for one in others if _is_better(one, claimed, least)]
    if not better:
        return _as_claimed(written, claimed, detected, in_doubt=in_doubt)
    best = max(better, key=_rank)
    if _is_clear(best, claimed, len(detected)) and not _has_rival(best, others):
        return _as_read(best, detected)
    return _where_both_agree(claimed, best)


def _claimed(own: Sequence[Explanation]) -> Explanation:
    """Return which of a document's own readings is claimed: the first, or one far likelier."""
    best = max(own, key=lambda one: one.score)
    return best if best.score - own[0].score >= _LEAST_MARGIN else own[0]


def _rank(one: Explanation) -> tuple[float, int]:
    return one.score, one.n_hits


def _is_in_doubt(
    written: Written, claimed: Explanation, detected: Sequence[Box], size: Size
) -> bool:
    """Tell whether regions on nothing make the claimed reading doubtful by themselves.

    They do where they are as many as those on faces, and the document does not say that they were
    drawn on this very picture. Of a part of it, they would lie on nothing just so.
    """
    n_on_nothing = sum(
        not any(is_on_face(box, face) for face in detected) for box in claimed.reading.boxes
    )
    is_of_file = written.claim is Claim.FITS and written.picture in {None, size}
    return not is_of_file and 0 < claimed.n_hits <= n_on_nothing


def _is_better(one: Explanation, claimed: Explanation, least: float) -> bool:
    """Tell whether a reading raises a doubt about the claimed one."""
    if one.n_hits > claimed.n_hits:
        return one.evidence >= least
    # what was claimed goes first, but not where it is far nearer to chance
    is_as_good = one.n_hits == claimed.n_hits and one.contradicts(claimed)
    return is_as_good and one.evidence - claimed.evidence >= _DOUBTFUL_MARGIN


def _is_clear(best: Explanation, claimed: Explanation, n_faces: int) -> bool:
    """Tell whether a better reading is to be believed."""
    is_in_crowd = best.n_hits == 1 and n_faces >= _CROWD
    return (
        best.n_hits > claimed.n_hits
        and best.evidence >= _ENOUGH_EVIDENCE + _MORE_IN_A_CROWD * is_in_crowd
        and best.score - claimed.score >= _LEAST_MARGIN
    )


def _has_rival(
    best: Explanation, others: Sequence[Explanation], within: float = _RIVALS_WITHIN
) -> bool:
    """Tell whether a reading explains as many and gives somebody another face."""
    return any(
        other.n_hits >= best.n_hits
        and other.score > best.score - within
        and best.contradicts(other)
        for other in others
    )


def _without_evidence(written: Written, own: Sequence[Explanation]) -> list[Place | NoPlace]:
    """Place regions on a photo without faces: as claimed, if that leaves them in the picture."""
    best = max(own, key=lambda one: one.evidence)  # the first of equals
    if written.claim is Claim.OTHER:
        return [NoPlace(best.reading.frame) for _box in written.boxes]
    return _as_claimed(written, best, ())


def _as_claimed(
    written: Written, claimed: Explanation, detected: Sequence[Box], *, in_doubt: bool = False
) -> list[Place | NoPlace]:
    """Place regions as their document claims.

    Those on no face are faces that the detector missed if anything shows that the frame is right.
    Where it is refuted by them, the others lie on a face by chance; so they do where it is in
    doubt and they are no larger than in a crop, or the document shows that it is of another
    picture.
    """
    n_missed = len(written.boxes) - claimed.n_hits
    refuted = _REFUTED_BESIDE_HITS if claimed.n_hits else _REFUTED
    is_refuted = bool(detected) and claimed.evidence <= refuted
    is_by_chance = written.is_misfit or claimed.n_small == claimed.n_hits
    is_refuted = is_refuted or (in_doubt and is_by_chance)
    is_shown = not in_doubt and (written.claim is Claim.FITS or claimed.n_hits >= max(1, n_missed))
    drawn = WithoutFace.DRAW if is_shown and not is_refuted else WithoutFace.DRAW_IF_SEEN
    places = _placed(claimed, drawn if written.is_drawn else WithoutFace.NAME_ONLY, detected)
    if not is_refuted:
        return places
    return [
        NoPlace(place.frame, place.evidence) if region in claimed.face_of else place
        for region, place in enumerate(places)
    ]


def _as_read(best: Explanation, detected: Sequence[Box]) -> list[Place | NoPlace]:
    return _placed(best, WithoutFace.DRAW_IF_SEEN, detected)


def _placed(
    found: Explanation, without_face: WithoutFace, detected: Sequence[Box]
) -> list[Place | NoPlace]:
    reading, evidence = found.reading, _told(found)
    places: list[Place | NoPlace] = []
    for box in reading.boxes:
        x, y = box.center
        if not (0 <= x <= 1 and 0 <= y <= 1):
            places.append(NoPlace(reading.frame, evidence))
            continue
        if_none = without_face
        if if_none is WithoutFace.DRAW_IF_SEEN and any(_touch(box, face) for face in detected):
            if_none = WithoutFace.NAME_ONLY  # what is seen there may be somebody else's face
        places.append(Place(clip_box(box), reading.frame, if_none, evidence))
    return places


def _touch(one: Box, other: Box) -> bool:
    return contains_center(one, other) or contains_center(other, one)


def _told(found: Explanation) -> str:
    return f"{found.n_hits} of {len(found.reading.boxes)} on faces"


def _of_another_picture(
    written: Written, found: Sequence[Explanation], detected: Sequence[Box]
) -> list[Place | NoPlace]:
    """Place regions of which it is known that they were drawn on a picture of another shape.

    Where they lie by chance counts for nothing: at least two have to agree, and in one way only.
    """
    enough = [
        one for one in found if one.n_hits >= _LEAST_OF_ANOTHER and one.score >= _ENOUGH_OF_ANOTHER
    ]
    if enough:
        best = max(enough, key=lambda one: (one.n_hits, one.score))
        if not _has_rival(best, found, _RIVALS_OF_ANOTHER_WITHIN):
            return _as_read(best, detected)
    return [NoPlace(found[0].reading.frame, _told(found[0])) for _box in written.boxes]


def _where_both_agree(claimed: Explanation, best: Explanation) -> list[Place | NoPlace]:
    evidence = f"{_told(claimed)}, {best.n_hits} if {best.reading.frame}"
    frame = claimed.reading.frame
    return [
        Place(clip_box(box), frame, WithoutFace.NAME_ONLY, evidence)
        if region in claimed.face_of and claimed.face_of[region] == best.face_of.get(region)
        else NoPlace(frame, evidence)
        for region, box in enumerate(claimed.reading.boxes)
    ]
