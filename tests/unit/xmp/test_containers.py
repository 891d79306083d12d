"""Packets are found in every format, and broken containers are told."""

import struct

import numpy as np
import photos
import pytest
from PIL import Image, PngImagePlugin
from xmp_packets import (
    ANN_ITEM,
    BOB_ITEM,
    EXIFTOOL,
    EXTENDED,
    box,
    in_heic,
    in_jpeg,
    in_jpeg_extended,
    in_png,
    in_tiff,
    listed,
    mwg,
    packet,
)

from facedex.xmp.containers import find_packets
from facedex.xmp.reading import read_facts
from facedex.xmp.tree import MAX_BYTES

FACES = ["Ann Lee", "Bob Ray"]
EXTENSION = EXIFTOOL[EXIFTOOL.index(b"<x:xmpmeta") : EXIFTOOL.index(b"<?xpacket end")]


def picture(image_format, **options):
    image = Image.fromarray(np.full((40, 60, 3), 90, np.uint8))
    return photos.encoded(image, image_format, **options)


def names(data):
    facts = read_facts(data)
    assert facts.problems == ()
    return [region.name for region in facts.regions]


def test_jpeg():
    assert names(in_jpeg(picture("JPEG"), EXIFTOOL)) == FACES


def test_jpeg_with_extended_packet():
    jpeg = in_jpeg_extended(picture("JPEG"), listed("dc:subject", "sea"), EXTENSION)
    assert len(find_packets(jpeg).extended) == 1
    assert names(jpeg) == FACES
    assert read_facts(jpeg).keywords == ("sea",)


def test_an_extended_packet_that_nobody_names_is_not_read():
    jpeg = in_jpeg_extended(picture("JPEG"), "", EXTENSION)
    start = jpeg.index(b"xmpNote:HasExtendedXMP=")
    jpeg = jpeg[:start] + b"xmp:NothingOfThisKnown" + jpeg[start + 22 :]
    assert names(jpeg) == []


def test_a_changed_extended_packet_is_told():
    jpeg = in_jpeg_extended(picture("JPEG"), "", EXTENSION)
    at = jpeg.index(EXTENDED) + len(EXTENDED) + 50
    broken = jpeg[:at] + bytes((jpeg[at] ^ 1,)) + jpeg[at + 1 :]
    facts = read_facts(broken)
    assert facts.regions == ()
    assert facts.problems == (
        "extended XMP: incomplete or changed since it was written",
        "extended XMP is named but not there",
    )


def test_a_stump_of_an_extended_packet_is_told():
    jpeg = photos.with_segment(picture("JPEG"), 0xE1, EXTENDED + b"A" * 20)
    assert read_facts(jpeg).problems == ("extended XMP: a piece without its head",)


def test_two_packets_in_a_jpeg_are_both_read():
    jpeg = in_jpeg(in_jpeg(picture("JPEG"), packet(mwg(BOB_ITEM))), packet(mwg(ANN_ITEM)))
    assert names(jpeg) == FACES


def test_a_jpeg_that_breaks_off_in_its_packet():
    jpeg = in_jpeg(picture("JPEG"), EXIFTOOL)
    assert read_facts(jpeg[:200]).regions == ()


@pytest.mark.parametrize("is_compressed", [False, True])
def test_png(is_compressed):
    assert names(in_png(picture("PNG"), EXIFTOOL, is_compressed=is_compressed)) == FACES


def test_a_damaged_or_huge_png_chunk_is_told():
    png = in_png(picture("PNG"), EXIFTOOL, is_compressed=True)
    at = png.index(b"XML:com.adobe.xmp") + 30
    assert "damaged" in read_facts(png[:at] + b"\xff" * 8 + png[at + 8 :]).problems[0]
    huge = in_png(picture("PNG"), b" " * 20_000_000, is_compressed=True)
    assert "over 16000000" in read_facts(huge).problems[0]


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "HEIF", "AVIF", "TIFF"])
def test_what_other_libraries_write(image_format):
    options = {"xmp": EXIFTOOL}
    if image_format == "TIFF":
        options = {"tiffinfo": {700: EXIFTOOL}}
    elif image_format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", EXIFTOOL.decode())
        options = {"pnginfo": info}
    elif image_format == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    assert names(picture(image_format, **options)) == FACES


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_tiff_in_either_order_and_size(order, is_big):
    assert names(in_tiff(EXIFTOOL, order, is_big=is_big)) == FACES


def test_a_tiff_that_goes_in_circles_or_breaks_off_ends():
    tiff = in_tiff(EXIFTOOL)
    first = struct.unpack_from("<I", tiff, 4)[0]
    loop = tiff[: first + 14] + struct.pack("<I", first) + tiff[first + 18 :]
    assert names(loop) == []
    assert read_facts(tiff[:-100]).problems == ("its XMP lies outside the file",)
    assert read_facts(tiff[:20]).problems == ("its tags cannot be followed",)


@pytest.mark.parametrize("construction", [0, 1])
def test_boxes_with_cut_and_enclosed_items(construction):
    assert names(in_heic(EXIFTOOL, construction=construction)) == FACES


def test_boxes_of_the_first_version():
    assert names(in_heic(EXIFTOOL, version=0)) == FACES


def test_canons_box():
    uuid = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    cr3 = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"uuid", uuid + EXIFTOOL)
    assert names(cr3) == FACES


def test_boxes_that_point_outside_are_told():
    heic = in_heic(EXIFTOOL)
    assert read_facts(heic[:-10]).problems == ("its XMP lies outside the file",)
    assert read_facts(heic[:100]).problems == ()
    at = heic.index(b"iloc") + 10
    claims_more = heic[:at] + struct.pack(">H", 500) + heic[at + 2 :]
    assert read_facts(claims_more).problems == ("its boxes cannot be followed",)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"])
def test_a_picture_without_a_packet_is_no_problem(image_format):
    data = picture(image_format)
    assert find_packets(data) == ([], {}, [])


# ---- small files that ask for much


def test_a_path_of_any_depth_takes_little_time_and_memory():
    path = "People/" + "a/" * 40_000 + "Ann Lee"
    facts = read_facts(packet(listed("digiKam:TagsList", path, "People/Bob Ray", "People")))
    assert facts.names == ("Ann Lee", "Bob Ray")


def test_packets_that_a_png_unpacks_are_limited_together():
    blank = packet(" " * (MAX_BYTES // 2))
    data = picture("PNG")
    for _ in range(3):
        data = in_png(data, blank, is_compressed=True)
    assert find_packets(data).main == []
    assert "bytes" in find_packets(data).problems[0]


def test_a_tag_that_a_tiff_repeats_counts_once():
    entry = struct.pack("<HHII", 700, 1, 100, 0)
    data = b"II*\0" + struct.pack("<IH", 8, 1000) + entry * 1000 + bytes(4)
    assert len(find_packets(data).main) == 1


@pytest.mark.parametrize("n_items", [1, 300])
def test_extents_without_end_are_refused(n_items):
    mime = b"mime" + b"\0" + b"application/rdf+xml\0"
    infe = [
        box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", number, 0) + mime)
        for number in range(n_items)
    ]
    iinf = box(b"iinf", b"\0\0\0\0" + struct.pack(">H", n_items) + b"".join(infe))
    items = b"".join(struct.pack(">HHH", number, 0, 0xFFFF) for number in range(n_items))
    iloc = box(b"iloc", b"\0\0\0\0\0\0" + struct.pack(">H", n_items) + items)
    data = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0\0\0\0" + iinf + iloc)
    assert find_packets(data).main == []
    assert find_packets(data).problems
