"""Cartoon heads, as thumbnails and on photos."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facedex.types import Box

SKINS = ("#f2c9a5", "#d9a066", "#a86f42", "#7a4b2a", "#f6dcc4")
HAIRS = ("#2b1d14", "#8a5a2b", "#d8b45a", "#5d5d66", "#a33b20")
SHIRTS = ("#4a6fa5", "#7a9e7e", "#c06c84", "#e0a458", "#6c5b7b", "#3d5a6c")
Corners = tuple[float, float, float, float]


def draw_head(draw: ImageDraw.ImageDraw, corners: Corners, who: int) -> None:
    """Draw a head that fills ``corners`` (left, top, right, bottom)."""
    left, top, right, bottom = corners
    w, h = right - left, bottom - top
    skin, hair = SKINS[who % 5], HAIRS[(who // 5 + who) % 5]

    def at(x0: float, y0: float, x1: float, y1: float) -> Corners:
        return (left + x0 * w, top + y0 * h, left + x1 * w, top + y1 * h)

    draw.ellipse(at(0.02, -0.08, 0.98, 0.75), fill=hair)
    if who % 3 == 0:
        draw.rectangle(at(0.02, 0.3, 0.98, 0.95), fill=hair)
    draw.ellipse(at(0.1, 0.05, 0.9, 1.0), fill=skin)
    draw.chord(at(0.08, -0.02, 0.92, 0.55), 180, 360, fill=hair)
    for x in (0.34, 0.66):
        draw.ellipse(at(x - 0.08, 0.42, x + 0.08, 0.52), fill="white")
        draw.ellipse(at(x - 0.035, 0.435, x + 0.035, 0.505), fill="#222")
        if who % 4 == 1:
            glass = at(x - 0.13, 0.37, x + 0.13, 0.58)
            draw.ellipse(glass, outline="#222", width=max(1, int(w / 50)))
    draw.line(at(0.5, 0.52, 0.47, 0.66), fill="#00000055", width=max(1, int(w / 50)))
    draw.arc(at(0.33, 0.6, 0.67, 0.84), 20, 160, fill="#7a2d2d", width=max(2, int(w / 28)))


def draw_photo(size: tuple[int, int], faces: Iterable[tuple[int, Box]]) -> bytes:
    """Return a JPEG of people (who, where) at a beach."""
    w, h = size
    image = Image.new("RGB", size, "#bcd7e6")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, h * 0.55, w, h), fill="#d9c79b")
    draw.rectangle((0, h * 0.45, w, h * 0.55), fill="#7fb0c8")
    for who, b in faces:
        x, r = (b.x0 + b.x1) / 2 * w, b.width * w
        shirt = (x - r, b.y1 * h - r * 0.2, x + r, b.y1 * h + r * 3)
        draw.ellipse(shirt, fill=SHIRTS[who % 6])
        draw_head(draw, (b.x0 * w, b.y0 * h, b.x1 * w, b.y1 * h), who)
    return to_jpeg(image)


def to_jpeg(image: Image.Image) -> bytes:
    """Return an image as a JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@lru_cache(maxsize=512)
def thumbnail_jpeg(who: int, shade: int) -> bytes:
    """Return a JPEG of one head."""
    image = Image.new("RGB", (160, 160), (200 - shade * 9, 214 - shade * 5, 222 - shade * 7))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 125, 140, 220), fill=SHIRTS[who % 6])
    draw_head(draw, (36, 28, 124, 138), who)
    return to_jpeg(image)
