"""Photos for tests, made from two that test dependencies ship, and looks into a library.

The astronaut is scikit-image's (NASA, public domain), Hopper is matplotlib's (US Navy, public
domain). Nothing here is stored in the project.
"""

import functools
import io
import os
import struct
import zlib
from pathlib import Path

import apsw
import matplotlib.cbook
import pillow_heif
from PIL import Image, ImageOps
from skimage import data

from facedex.types import Box

# where the CNN sees the two faces, upright, 0..1
ASTRONAUT_FACE = Box(0.33, 0.14, 0.52, 0.33)
HOPPER_FACE = Box(0.36, 0.23, 0.71, 0.53)
ASTRONAUT_IN_BOTH = Box(0.20, 0.18, 0.35, 0.42)
HOPPER_IN_BOTH = Box(0.58, 0.20, 0.85, 0.65)
HOUR_S = 3600

_TRANSPOSED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@functools.cache
def astronaut() -> Image.Image:
    """Return the astronaut, 512 x 512."""
    return Image.fromarray(data.astronaut())


@functools.cache
def hopper() -> Image.Image:
    """Return Admiral Hopper, 512 x 600."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file, Image.open(file) as image:
        return image.convert("RGB")


@functools.cache
def both() -> Image.Image:
    """Return the astronaut, left, and Hopper side by side, 650 x 400."""
    image = Image.new("RGB", (650, 400))
    image.paste(astronaut().crop((40, 0, 340, 400)), (0, 0))
    image.paste(hopper().crop((110, 60, 460, 460)), (300, 0))
    return image


def variants(image: Image.Image, n: int) -> list[Image.Image]:
    """Return up to five pictures of the same person that differ in every pixel."""
    width, height = image.size
    made = [
        ImageOps.mirror(image),
        image.crop((20, 10, width - 10, height - 20)),
        image.rotate(6, Image.Resampling.BICUBIC),
        ImageOps.autocontrast(image.point(lambda v: min(255, v * 5 // 4 + 10))),
        image.resize((width * 4 // 5, height * 4 // 5)),
    ]
    return made[:n]


def encoded(image: Image.Image, image_format: str = "JPEG", **options) -> bytes:
    """Return the image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **({"quality": 90} | options))
    return buffer.getvalue()


def stored(image: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels that a camera stores so that ``orientation`` shows ``image``."""
    method = _TRANSPOSED[orientation]
    return image if method is None else image.transpose(method)


def turned(image: Image.Image, orientation: int, **options) -> bytes:
    """Return a JPEG that looks like ``image`` and is stored turned, with the flag that says so."""
    return with_orientation(encoded(stored(image, orientation), **options), orientation)


def heic(image: Image.Image, orientation: int, **options) -> bytes:
    """Return a HEIC that looks like ``image``, as phones write it.

    Coded turned; its boxes turn it upright, and EXIF says so again.
    """
    pillow_heif.register_heif_opener(thumbnails=False)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(stored(image, orientation), "HEIF", exif=exif.tobytes(), **options)


def heic_turned_by_exif(image: Image.Image, orientation: int, **options) -> bytes:
    """Return a HEIC that looks like ``image`` to who believes its EXIF; no box of it turns it."""
    data = heic(image, orientation, **options)
    return data.replace(b"irot", b"free").replace(b"imir", b"free")


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """Return a JPEG with one more segment, right after its start."""
    assert jpeg.startswith(b"\xff\xd8")
    segment = bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload
    return jpeg[:2] + segment + jpeg[2:]


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Return the JPEG with an EXIF segment that says this and nothing else."""
    if jpeg[2:4] == b"\xff\xe1":  # one of ours: replaced
        jpeg = jpeg[:2] + jpeg[4 + struct.unpack(">H", jpeg[4:6])[0] :]
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return with_segment(jpeg, 0xE1, b"Exif\0\0" + tiff)


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Return the JPEG with a comment."""
    return with_segment(jpeg, 0xFE, text.encode())


def with_xmp(jpeg: bytes, tag: str) -> bytes:
    """Return the JPEG with an XMP packet that holds one keyword."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>'
        f"{tag}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return with_segment(jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode())


def with_png_text(png: bytes, key: str, text: str) -> bytes:
    """Return the PNG with a tEXt chunk before its data."""
    body = b"tEXt" + key.encode("latin-1") + b"\0" + text.encode("latin-1")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]  # 8 bytes signature, 25 bytes IHDR


def write(path: Path, content: bytes, *, age_s: float = HOUR_S) -> Path:
    """Write a file that was last modified a while ago, so that its times can be believed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = path.stat().st_mtime_ns - int(age_s * 1e9)
    os.utime(path, ns=(stamp, stamp))
    return path


def select(library: Path, sql: str, *bindings) -> list[tuple]:
    """Return the rows of a query on a library, read as another program would."""
    db = apsw.Connection(
        f"{(library / 'library.db').as_uri()}?mode=ro",
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    )
    try:
        return db.execute(sql, bindings).fetchall()
    finally:
        db.close()


def whole_tables(library: Path, *tables: str) -> dict[str, list[tuple]]:
    """Return every column and row of these tables, times included."""
    return {name: select(library, f"SELECT * FROM {name}") for name in tables}  # noqa: S608


def names_by_path(library: Path) -> dict[str, list[str | None]]:
    """Return, for every photo file that is there, its confirmed names from left to right."""
    found = select(
        library,
        "SELECT f.path, a.person_name FROM v1_files f LEFT JOIN v1_faces a"
        " ON a.photo_id = f.photo_id AND a.state = 'confirmed'"
        " WHERE f.state != 'missing' AND f.photo_id IS NOT NULL ORDER BY f.path, a.x0",
    )
    named: dict[str, list[str | None]] = {}
    for path, name in found:
        named.setdefault(Path(path).name, []).append(name)
    return named


# everything that says who somebody is; ids and uuids included, times and distances left out
_SAID = {
    "person": "SELECT id, uuid, name, is_placeholder FROM person ORDER BY id",
    "face": "SELECT id, uuid, photo_id, x0, y0, x1, y1, origin, engine, cluster_id FROM face"
    " ORDER BY id",
    "assignment": (
        "SELECT face_id, person_id, state, source FROM assignment ORDER BY face_id, person_id"
    ),
    "region": (
        "SELECT id, photo_name, rect, contact_id, person_id, file_id, photo_id, frame, status,"
        " face_id FROM region ORDER BY id"
    ),
    "contact": "SELECT * FROM contact ORDER BY contact_id",
    "cluster": "SELECT id, person_id FROM cluster ORDER BY id",
    "photo": "SELECT * FROM photo ORDER BY id",
    "encoding": "SELECT face_id, model, hex(vector) FROM encoding ORDER BY face_id, model",
    "decision": "SELECT id, uuid, kind, steps, undoes FROM decision ORDER BY id",
}


def what_is_said(library: Path, *tables: str) -> dict[str, list[tuple]]:
    """Return everything a library knows of people and faces, to be compared."""
    return {name: select(library, _SAID[name]) for name in tables or _SAID}


def is_sound(library: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with a library."""
    return (
        select(library, "PRAGMA integrity_check") == [("ok",)]
        and select(library, "PRAGMA foreign_key_check") == []
    )


def shared_names() -> list[str]:
    """Return what facedex has left where named shared memory lies."""
    folder = Path("/dev/shm")
    return [path.name for path in folder.glob("*facedex*")] if folder.is_dir() else []
