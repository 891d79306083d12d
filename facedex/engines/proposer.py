"""Propose faces in a photo: YuNet at several sizes, what it says of each face side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facedex.engines.working_image import working_size_px
from facedex.engines.yunet import (
    SIDE_MULTIPLE_PX,
    Proposals,
    decode_cells,
    ious,
    padded,
    suppress,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from facedex.engines.runtimes.base import ModelSession

MAX_PROPOSALS = 300  # a crowd; the best are looked at
SAME_AT_ONE_SIZE_IOU = 0.45
SAME_AT_TWO_SIZES_IOU = 0.5
SEEN_AGAIN_IOU = 0.4
_REDUCING_GAP = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Places that may hold a face, the likeliest first, in pixels of the photo.

    Attributes
    ----------
    boxes : float32 (n, 4): left, top, right, bottom; may leave the image.
    scores : float32 (n, s): YuNet's score at each of the s sizes, the smallest size first; 0 where
        it saw nothing.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


class Proposer:
    """YuNet on a runtime. For one thread at a time.

    Parameters
    ----------
    open_session : loads the network; called when it is first needed.
    """

    def __init__(self, open_session: Callable[[], ModelSession]) -> None:
        self._open_session = open_session

    def propose(self, photo: Image.Image, sizes: Sequence[int], threshold: float) -> Candidates:
        """Return where YuNet sees something with a score above ``threshold`` at one of ``sizes``.

        Parameters
        ----------
        photo : RGB.
        sizes : long sides in pixels, rising. A large face is seen best in a small picture.
        """
        width, height = photo.size
        session = self._open_session()
        picture = photo
        seen: list[Proposals] = []
        for size in reversed(sizes):
            small_height, small_width = working_size_px(height, width, size)
            picture = _resized(picture, small_height, small_width)
            pixels = padded(np.asarray(picture), max(SIDE_MULTIPLE_PX, session.side_multiple))
            cells = session.run(pixels)[0]
            found = decode_cells(cells, pixels.shape[1], pixels.shape[2], threshold)
            found = suppress(found, SAME_AT_ONE_SIZE_IOU, MAX_PROPOSALS)
            seen.insert(0, found.scaled(width / small_width, height / small_height))
        return merge_sizes(seen)


def merge_sizes(seen: Sequence[Proposals]) -> Candidates:
    """Return each face once, with its score at every size."""
    boxes = np.concatenate([each.boxes for each in seen])
    scores = np.concatenate([each.scores for each in seen])
    size_of = np.repeat(np.arange(len(seen)), [len(each) for each in seen])
    order = np.argsort(-scores, kind="stable")
    boxes, scores, size_of = boxes[order], scores[order], size_of[order]
    kept = suppress(Proposals(boxes, scores), SAME_AT_TWO_SIZES_IOU, MAX_PROPOSALS)
    table = np.zeros((len(kept), len(seen)), np.float32)
    for row, box in zip(table, kept.boxes, strict=True):
        is_same = ious(box, boxes) > SEEN_AGAIN_IOU
        np.maximum.at(row, size_of[is_same], scores[is_same])
    return Candidates(kept.boxes, table)


def _resized(picture: Image.Image, height: int, width: int) -> Image.Image:
    if picture.size == (width, height):
        return picture
    return picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP)
