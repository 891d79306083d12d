"""Faces go into a photo's packet, and its picture stays bit by bit."""

import io
import struct
import time
import zlib

import numpy as np
import photos
import pytest
from PIL import Image
from xmp_packets import (
    ANN,
    BOB,
    DIALECTS,
    EXIFTOOL,
    SIZE,
    STANDARD,
    embedded,
    in_jpeg,
    in_jpeg_extended,
    in_png,
    in_tiff,
    listed,
    packet,
)

from facedex.imaging.hashes import image_hash
from facedex.types import Box
from facedex.xmp import embedding
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.embedding import WRITABLE, embed_faces
from facedex.xmp.jpeg import segments, with_standard_packet
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

FACES = [NamedFace("Ann Lee", ANN), NamedFace("Cy", Box(0.8, 0.1, 0.9, 0.3))]
LARGE = 65_000
PIXELS = np.random.default_rng(5).integers(0, 256, (40, 60, 4), np.uint8)


def photo(kind, mode="RGB", **options):
    return photos.encoded(Image.fromarray(PIXELS).convert(mode), kind, **options)


def jpeg(**options):
    return photo("JPEG", **options)


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.mode, np.asarray(image)


def same_pixels(one, other):
    (mode, pixels_of_one), (other_mode, pixels_of_other) = pixels(one), pixels(other)
    return mode == other_mode and np.array_equal(pixels_of_one, pixels_of_other)


def others(data):
    """Every segment that is not XMP."""
    return [s[0:1] + s[3:4] for s in segments(data) if not s.payload.startswith(STANDARD)]


def chunks(data, at, head, order):
    """(name, content) of every chunk of a PNG or WebP, read by a walk of the test's own."""
    found = []
    while at + 8 <= len(data):
        first, second = data[at : at + 4], data[at + 4 : at + 8]
        name, size = (first, second) if order == "little" else (second, first)
        n_bytes = int.from_bytes(size, order)
        found.append((name, data[at + 8 : at + 8 + n_bytes]))
        at += head + n_bytes + (n_bytes % 2 if order == "little" else 0)
    return found


def png_chunks(data):
    return chunks(data, 8, 12, "big")


def webp_chunks(data):
    return chunks(data, 12, 8, "little")


def names(data):
    return sorted(region.name for region in read_facts(data).regions)


@pytest.mark.parametrize("name", [None, *DIALECTS])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_picture_and_all_else_stay(name, progressive):
    data = photos.with_comment(jpeg(progressive=progressive, icc_profile=b"profile"), "hello")
    data = photos.with_orientation(data, 6)
    if name:
        data = in_jpeg(data, DIALECTS[name])
    data += b"appended by a camera"
    after = embedded(data, FACES, SIZE)
    assert image_hash(after, "JPEG") == image_hash(data, "JPEG")
    assert same_pixels(after, data)
    assert others(after) == others(data)
    assert after[after.index(b"\xff\xda") :] == data[data.index(b"\xff\xda") :]
    assert names(after) == sorted(["Ann Lee", "Cy"] + (["Bob Ray"] if name else []))
    assert embedded(after, FACES, SIZE) == after


def test_a_new_packet_stands_behind_exif():
    data = photos.with_orientation(jpeg(), 6)
    after = embedded(data, FACES, SIZE)
    kinds = [s.payload[:4] for s in segments(after)]
    assert kinds[:2] == [b"Exif", b"JFIF"]
    assert kinds[2] == STANDARD[:4]


@pytest.mark.parametrize("is_compressed", [None, False, True])
def test_a_png_keeps_every_other_chunk(is_compressed):
    data = photos.with_png_text(photo("PNG", "RGBA", icc_profile=b"profile"), "Author", "me")
    if is_compressed is not None:
        data = in_png(data, EXIFTOOL, is_compressed=is_compressed)
    data += b"behind it"
    after = embedded(data, FACES, SIZE)
    assert image_hash(after, "PNG") == image_hash(data, "PNG")
    assert same_pixels(after, data)
    assert names(after) == ["Ann Lee", *(["Bob Ray"] if is_compressed is not None else []), "Cy"]
    assert after.endswith(b"IEND\xaeB`\x82behind it")
    kinds = [kind for kind, _content in png_chunks(after)]
    assert kinds.count(b"iTXt") == 1
    assert kinds.index(b"iTXt") < kinds.index(b"IDAT")
    for kind, content in png_chunks(after):
        assert (kind, content) in png_chunks(data) or kind == b"iTXt"
    assert len(png_chunks(after)) == len(png_chunks(data)) + (is_compressed is None)
    at = after.index(b"iTXt")
    (size,) = struct.unpack_from(">I", after, at - 4)
    assert struct.unpack_from(">I", after, at + 4 + size) == (
        zlib.crc32(after[at : at + 4 + size]),
    )
    assert embedded(after, FACES, SIZE) == after


WEBPS = {
    "lossy": {},
    "lossless": {"lossless": True},
    "transparent": {"mode": "RGBA", "lossless": True},
    "lossy and transparent": {"mode": "RGBA"},
    "with EXIF and profile": {
        "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0",
        "icc_profile": b"odd",
    },
    "with XMP": {"xmp": EXIFTOOL, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"},
}


@pytest.mark.parametrize("name", WEBPS)
def test_a_webp_keeps_every_other_chunk(name):
    data = photo("WEBP", **WEBPS[name])
    after = embedded(data, FACES, SIZE)
    assert image_hash(after, "WEBP") == image_hash(data, "WEBP")
    assert same_pixels(after, data)
    assert int.from_bytes(after[4:8], "little") == len(after) - 8
    assert names(after) == ["Ann Lee", *(["Bob Ray"] if name == "with XMP" else []), "Cy"]
    found, before = webp_chunks(after), webp_chunks(data)
    ours = {b"VP8X", b"XMP "}
    assert [c for c in found if c[0] not in ours] == [c for c in before if c[0] not in ours]
    kind, header = found[0]
    assert kind == b"VP8X"
    assert header[0] & 4
    assert header[4:] == struct.pack("<I", 59)[:3] + struct.pack("<I", 39)[:3]
    if before[0][0] == b"VP8X":
        assert (header[0] & ~4, header[1:]) == (before[0][1][0] & ~4, before[0][1][1:])
    assert embedded(after, FACES, SIZE) == after


def test_an_animation_stays_one():
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "green")]
    for kind in ("WEBP", "PNG"):
        data = photos.encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        after = embedded(data, FACES, SIZE)
        assert image_hash(after, kind) == image_hash(data, kind)
        with Image.open(io.BytesIO(after)) as image:
            assert image.n_frames == 2


@pytest.mark.parametrize("kind", sorted(WRITABLE))
def test_what_facedex_wrote_comes_out_again(kind):
    data = photo(kind)
    before, traces = embed_faces(data, [NamedFace("Bob", BOB)], SIZE)
    with_others = embedded(before, [FACES[0]], SIZE)
    after, left = embed_faces(with_others, [], SIZE, traces)
    assert names(after) == ["Ann Lee"]
    assert b"Bob" not in after
    assert (left.regions, left.texts) == ((), ())
    assert same_pixels(after, data)


def test_nobody_makes_no_packet():
    data = jpeg()
    assert embedded(data, [], SIZE) is data


def test_an_extended_packet_stays():
    data = in_jpeg_extended(jpeg(), listed("dc:subject", "sea"), packet("<my:a>1</my:a>"))
    after = embedded(data, FACES, SIZE)
    facts = read_facts(after)
    assert facts.problems == ()
    assert facts.keywords == ("sea", "Ann Lee", "Cy")
    assert others(after) == others(data)


def test_regions_in_an_extended_packet_are_refused():
    with pytest.raises(UnmergeableError, match="extended"):
        embedded(in_jpeg_extended(jpeg(), "", EXIFTOOL), FACES, SIZE)


def test_padding_makes_room():
    padded = EXIFTOOL.replace(b"<?xpacket end", b" " * (LARGE - len(EXIFTOOL)) + b"<?xpacket end")
    after = embedded(in_jpeg(jpeg(), padded), FACES, SIZE)
    assert names(after) == ["Ann Lee", "Bob Ray", "Cy"]
    assert len(after) < LARGE


def test_a_packet_that_does_not_fit_is_refused():
    full = packet("<my:a>" + "x" * (LARGE - 2000) + "</my:a>")
    with pytest.raises(UnmergeableError, match="more than a JPEG's segment takes"):
        embedded(in_jpeg(jpeg(), full), FACES, SIZE)


@pytest.mark.parametrize("kind", sorted(WRITABLE))
def test_a_part_that_would_be_lost_is_noticed(kind, monkeypatch):
    put, rest = embedding._CONTAINERS[kind]

    def lossy(data, xmp):
        return put(data.replace(b"keep me", b"KEEP ME"), xmp)

    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0keep me"
    data = photo(kind, exif=exif)
    assert data.count(b"keep me") == 1
    assert names(embedded(data, FACES, SIZE)) == ["Ann Lee", "Cy"]
    monkeypatch.setitem(embedding._CONTAINERS, kind, embedding._Container(lossy, rest))
    with pytest.raises(UnmergeableError, match="cannot be followed"):
        embedded(data, FACES, SIZE)


def with_chunk(png, kind):
    body = kind + b"seal"
    return png[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


def signed_webp():
    data = photo("WEBP", xmp=EXIFTOOL) + b"C2PA\4\0\0\0seal"
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "its format"),
        (photo("TIFF"), "its format .TIFF. is not written"),
        (in_tiff(EXIFTOOL), "its format"),
        (photo("GIF"), "its format .GIF. is not written"),
        (in_jpeg(jpeg(), EXIFTOOL[:900]), "damaged"),
        (in_jpeg(in_jpeg(jpeg(), EXIFTOOL), EXIFTOOL), "more than one XMP packet"),
        (photos.with_segment(jpeg(), 0xE2, b"MPF\0rest"), "several pictures"),
        (jpeg()[:100], "cannot be followed"),
        (jpeg() + jpeg(), "another picture is behind"),
        (jpeg() + bytes(7) + jpeg(), "another picture is behind"),
        (photos.with_segment(jpeg(), 0xEB, b"JP\0\1\0\0jumb...c2pa"), "signed"),
        (photo("PNG")[:-20], "cannot be followed"),
        (photo("PNG").replace(b"IDAT", b"IDAX"), "cannot be followed"),
        (with_chunk(photo("PNG"), b"caBX"), "signed"),
        (with_chunk(in_png(photo("PNG"), EXIFTOOL), b"dSIG"), "signed"),
        (in_png(in_png(photo("PNG"), EXIFTOOL), EXIFTOOL), "more than one XMP packet"),
        (in_png(photo("PNG"), EXIFTOOL[:900]), "damaged"),
        (photo("WEBP")[:-20], "cannot be followed"),
        (photo("WEBP") + b"more", "cannot be followed"),
        (signed_webp(), "signed"),
        (b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0", "cannot be followed"),
        (b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0" + bytes(10), "cannot be followed"),
        (b"RIFF\x10\0\0\0WEBPVP8X\4\0\0\0" + bytes(4), "first chunk is damaged"),
    ],
)
def test_what_cannot_be_done_without_loss_is_refused(data, reason):
    with pytest.raises(UnmergeableError, match=reason):
        embedded(data, FACES, SIZE)


def test_a_packet_of_the_largest_size_goes_in_and_one_byte_more_does_not():
    room = 65533 - len(STANDARD)
    assert with_standard_packet(jpeg(), b"x" * room)[2:6] != b""
    with pytest.raises(ValueError, match="more than"):
        with_standard_packet(jpeg(), b"x" * (room + 1))


def test_blanks_that_are_no_padding_take_no_time():
    blanks = packet("").replace(b"</rdf:RDF>", b"</rdf:RDF>" + b" " * 64_000)
    jpeg = photos.encoded(Image.fromarray(np.full((40, 60, 3), 90, np.uint8)))
    data = in_jpeg(jpeg, blanks[: blanks.index(b"<?xpacket end")])
    began = time.process_time()
    with pytest.raises(UnmergeableError, match="segment"):
        embed_faces(data, FACES, SIZE)
    assert time.process_time() - began < 2
