"""Propose faces in a photo: YuNet at several sizes, what it says of each face side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.finding.cutting import CROP_PX, cut_places, in_batches, sides_of
from facedex.engines.finding.yunet import (
    SIDE_MULTIPLE_PX,
    Proposals,
    decode_cells,
    distinct,
    ious,
    padded,
    suppress,
)
from facedex.geometry import edges_to_stored, pixels_to_upright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from facedex.engines.runtimes.base import ModelSession

MAX_PROPOSALS = 300  # a crowd; the best are looked at
SAME_AT_ONE_SIZE_IOU = 0.45
SAME_AT_TWO_SIZES_IOU = 0.5
SEEN_AGAIN_IOU = 0.4
TURNS = (
    (6, 8),
    (3,),
)  # EXIF's orientations: lying on a side, which give one shape, and on the head
CLOSE_FACE_PX = 64.0  # what a proposed face measures when it is looked at closely
CLOSE_IOU = 0.35
CLOSE_LEAST_SCORE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class ProposedPlaces:
    """Places that may hold a face, the likeliest first, in pixels of the photo.

    Attributes
    ----------
    boxes : float32 (n, 4): left, top, right, bottom; may leave the image.
    scores : float32 (n, s): YuNet's score at each of the s sizes, the smallest size first; 0 where
        it saw nothing.
    orientations : of each, how the photo is to be turned for the face to be upright, as EXIF has
        it.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    orientations: list[int]

    def __len__(self) -> int:
        return len(self.boxes)

    def __add__(self, other: ProposedPlaces) -> ProposedPlaces:
        return ProposedPlaces(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            self.orientations + other.orientations,
        )


class Proposer:
    """YuNet on a runtime. For one thread at a time.

    Parameters
    ----------
    open_session : loads the network; called when it is first needed.
    """

    def __init__(self, open_session: Callable[[], ModelSession]) -> None:
        self._open_session = open_session

    def propose(
        self, pictures: Sequence[Image.Image], photo_size: tuple[int, int], threshold: float
    ) -> ProposedPlaces:
        """Return where YuNet scores above ``threshold`` in one of ``pictures``.

        Parameters
        ----------
        pictures : of one photo, the smallest first, RGB. A large face is seen best in a small one.
        photo_size : (width, height) in whose pixels the answer shall be.
        """
        return merge_sizes([self._look(each, photo_size, threshold) for each in pictures])

    def propose_turned(
        self,
        picture: Image.Image,
        photo_size: tuple[int, int],
        threshold: float,
        upright: ProposedPlaces,
    ) -> ProposedPlaces:
        """Return what YuNet sees in ``picture`` turned, and less well upright.

        Parameters
        ----------
        picture : the smallest of those in which it saw ``upright``; of the larger ones the score is
            0.
        photo_size : (width, height) in whose pixels the answer shall be.
        """
        pixels, photo = np.asarray(picture), np.tile(photo_size, 2).astype(np.float32)
        boxes, scores, turns = (
            [np.empty((0, 4), np.float32)],
            [np.empty(0, np.float32)],
            list[int](),
        )
        for together in TURNS:
            images = np.stack([pixels_to_upright(pixels, turn) for turn in together])
            size = np.tile([images.shape[2], images.shape[1]], 2).astype(np.float32)
            for turn, seen in zip(together, self._see(images, threshold), strict=True):
                boxes.append(edges_to_stored(seen.boxes / size, turn) * photo)
                scores.append(seen.scores)
                turns += [turn] * len(seen)
        return _only_turned(np.concatenate(boxes), np.concatenate(scores), turns, upright)

    def look_closely(
        self,
        pictures: Sequence[Image.Image],
        places: NDArray[np.float32],
        orientations: Sequence[int],
    ) -> Proposals:
        """Return what YuNet sees at each place in a crop that shows little else, in the same order.

        Where it sees nothing, the score is 0 and the box is the place.

        Parameters
        ----------
        pictures : of one photo, the largest first, RGB.
        places : float32 (n, 4): boxes in pixels of the first.
        orientations : how to turn each place, as EXIF has it.
        """
        crops = cut_places(pictures, places, CLOSE_FACE_PX, orientations)
        boxes, scores = places.copy(), np.zeros(len(places), np.float32)
        px = sides_of(places) / CLOSE_FACE_PX  # of the photo, a pixel of the crop
        corners = (places[:, :2] + places[:, 2:]) / 2 - CROP_PX / 2 * px[:, np.newaxis]
        for number, found in zip(range(len(places)), self._see_crops(crops), strict=True):
            edges = (
                edges_to_stored(found.boxes / np.float32(CROP_PX), orientations[number]) * CROP_PX
            )
            seen = edges * px[number] + np.tile(corners[number], 2)
            is_meant = np.flatnonzero(ious(places[number : number + 1], seen)[0] > CLOSE_IOU)
            if is_meant.size:  # they come best first
                boxes[number], scores[number] = seen[is_meant[0]], found.scores[is_meant[0]]
        return Proposals(boxes, scores)

    def _look(
        self, picture: Image.Image, photo_size: tuple[int, int], threshold: float
    ) -> Proposals:
        [found] = self._see(np.asarray(picture)[np.newaxis], threshold)
        return found.scaled(photo_size[0] / picture.width, photo_size[1] / picture.height)

    def _see(self, images: NDArray[np.uint8], threshold: float) -> list[Proposals]:
        """Return what YuNet sees in each of ``images``, uint8 (b, h, w, 3), each face once."""
        session = self._open_session()
        pixels = padded(images, _side_multiple(session))
        return [
            suppress(seen, SAME_AT_ONE_SIZE_IOU, MAX_PROPOSALS)
            for seen in _decoded(session.run(pixels), pixels, threshold)
        ]

    def _see_crops(self, crops: NDArray[np.uint8]) -> Iterator[Proposals]:
        """Yield what YuNet sees in each crop."""
        if len(crops) == 0:
            return iter(())
        session = self._open_session()
        batches = in_batches(crops, is_filled=session.side_multiple > 1)
        inputs = (padded(batch, _side_multiple(session)) for batch in batches)
        found = (_decoded(session.run(each), each, CLOSE_LEAST_SCORE) for each in inputs)
        return islice(chain.from_iterable(found), len(crops))


def _side_multiple(session: ModelSession) -> int:
    return max(SIDE_MULTIPLE_PX, session.side_multiple)


def _decoded(
    cells: NDArray[np.float32], pixels: NDArray[np.uint8], threshold: float
) -> Iterator[Proposals]:
    """Yield what YuNet sees in each of ``pixels``, (b, h, w, 3), by its answer to them."""
    height, width = pixels.shape[1:3]
    return (decode_cells(each, height, width, threshold) for each in cells)


def merge_sizes(seen: Sequence[Proposals]) -> ProposedPlaces:
    """Return each face once, with its score at every size."""
    boxes = np.concatenate([each.boxes for each in seen])
    scores = np.concatenate([each.scores for each in seen])
    size_of = np.repeat(np.arange(len(seen)), [len(each) for each in seen])
    order = np.argsort(-scores, kind="stable")
    boxes, scores, size_of = boxes[order], scores[order], size_of[order]
    kept = suppress(Proposals(boxes, scores), SAME_AT_TWO_SIZES_IOU, MAX_PROPOSALS)
    table = np.zeros((len(kept), len(seen)), np.float32)
    for row, is_same in zip(table, ious(kept.boxes, boxes) > SEEN_AGAIN_IOU, strict=True):
        np.maximum.at(row, size_of[is_same], scores[is_same])
    return ProposedPlaces(kept.boxes, table, [1] * len(kept))


def _only_turned(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    turns: list[int],
    upright: ProposedPlaces,
) -> ProposedPlaces:
    """Return each face once, as it is seen best, without those that are seen better ``upright``."""
    order = np.argsort(-scores, kind="stable")
    order = order[distinct(boxes[order], SAME_AT_TWO_SIZES_IOU, MAX_PROPOSALS - len(upright))]
    is_same = ious(boxes[order], upright.boxes) > SEEN_AGAIN_IOU
    kept = order[np.where(is_same, upright.scores[:, 0], 0).max(axis=1, initial=0) <= scores[order]]
    table = np.zeros((len(kept), upright.scores.shape[1]), np.float32)
    table[:, 0] = scores[kept]
    return ProposedPlaces(boxes[kept], table, [turns[number] for number in kept.tolist()])
