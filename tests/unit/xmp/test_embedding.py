"""Faces go into a JPEG's packet, and its picture stays bit by bit."""

import io

import numpy as np
import photos
import pytest
from PIL import Image
from xmp_packets import (
    ANN,
    DIALECTS,
    EXIFTOOL,
    SIZE,
    STANDARD,
    in_jpeg,
    in_jpeg_extended,
    listed,
    packet,
)

from facedex.imaging.hashes import image_hash
from facedex.types import Box
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.embedding import embed_faces
from facedex.xmp.jpeg import segments, with_standard_packet
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

FACES = [NamedFace("Ann Lee", ANN), NamedFace("Cy", Box(0.8, 0.1, 0.9, 0.3))]
LARGE = 65_000


def jpeg(**options):
    pixels = np.random.default_rng(5).integers(0, 256, (40, 60, 3), np.uint8)
    return photos.encoded(Image.fromarray(pixels), "JPEG", **options)


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def others(data):
    """Every segment that is not XMP."""
    return [s[0:1] + s[3:4] for s in segments(data) if not s.payload.startswith(STANDARD)]


@pytest.mark.parametrize("name", [None, *DIALECTS])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_picture_and_all_else_stay(name, progressive):
    data = photos.with_comment(jpeg(progressive=progressive, icc_profile=b"profile"), "hello")
    data = photos.with_orientation(data, 6)
    if name:
        data = in_jpeg(data, DIALECTS[name])
    data += b"appended by a camera"
    after = embed_faces(data, FACES, SIZE)
    assert image_hash(after, "JPEG") == image_hash(data, "JPEG")
    assert np.array_equal(pixels(after), pixels(data))
    assert others(after) == others(data)
    assert after[after.index(b"\xff\xda") :] == data[data.index(b"\xff\xda") :]
    names = [region.name for region in read_facts(after).regions]
    assert sorted(names) == sorted(["Ann Lee", "Cy"] + (["Bob Ray"] if name else []))
    assert embed_faces(after, FACES, SIZE) == after


def test_a_new_packet_stands_behind_exif():
    data = photos.with_orientation(jpeg(), 6)
    after = embed_faces(data, FACES, SIZE)
    kinds = [s.payload[:4] for s in segments(after)]
    assert kinds[:2] == [b"Exif", b"JFIF"]
    assert kinds[2] == STANDARD[:4]


def test_an_extended_packet_stays():
    data = in_jpeg_extended(jpeg(), listed("dc:subject", "sea"), packet("<my:a>1</my:a>"))
    after = embed_faces(data, FACES, SIZE)
    facts = read_facts(after)
    assert facts.problems == ()
    assert facts.keywords == ("sea", "Ann Lee", "Cy")
    assert others(after) == others(data)


def test_regions_in_an_extended_packet_are_refused():
    with pytest.raises(UnmergeableError, match="extended"):
        embed_faces(in_jpeg_extended(jpeg(), "", EXIFTOOL), FACES, SIZE)


def test_padding_makes_room():
    padded = EXIFTOOL.replace(b"<?xpacket end", b" " * (LARGE - len(EXIFTOOL)) + b"<?xpacket end")
    after = embed_faces(in_jpeg(jpeg(), padded), FACES, SIZE)
    assert len(read_facts(after).regions) == 3
    assert len(after) < LARGE


def test_a_packet_that_does_not_fit_is_refused():
    full = packet("<my:a>" + "x" * (LARGE - 2000) + "</my:a>")
    with pytest.raises(UnmergeableError, match="more than a JPEG's segment takes"):
        embed_faces(in_jpeg(jpeg(), full), FACES, SIZE)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a JPEG"),
        (photos.encoded(Image.new("RGB", (9, 9)), "PNG"), "not a JPEG"),
        (in_jpeg(jpeg(), EXIFTOOL[:900]), "damaged"),
        (in_jpeg(in_jpeg(jpeg(), EXIFTOOL), EXIFTOOL), "more than one XMP packet"),
        (photos.with_segment(jpeg(), 0xE2, b"MPF\0rest"), "several pictures"),
        (jpeg()[:100], "cannot be followed"),
    ],
)
def test_what_cannot_be_done_without_loss_is_refused(data, reason):
    with pytest.raises(UnmergeableError, match=reason):
        embed_faces(data, FACES, SIZE)


def test_a_packet_of_the_largest_size_goes_in_and_one_byte_more_does_not():
    room = 65533 - len(STANDARD)
    assert with_standard_packet(jpeg(), b"x" * room)[2:6] != b""
    with pytest.raises(ValueError, match="more than"):
        with_standard_packet(jpeg(), b"x" * (room + 1))
