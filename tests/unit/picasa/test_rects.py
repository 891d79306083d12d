import pytest

from facedex.picasa.rects import pad_hex64, parse_face
from facedex.types import Box


@pytest.mark.parametrize(
    ("text", "padded"),
    [
        ("0", "0" * 16),
        ("15f401bca26710c", "015f401bca26710c"),
        ("ABCDEF", "0000000000abcdef"),
        ("f" * 16, "f" * 16),
        ("", None),
        ("f" * 17, None),
        ("0x1f", None),
        ("1_0", None),
        ("-1", None),
        (" 1", None),
        ("é", None),
        ("٣", None),
    ],
)
def test_hex_is_padded_or_refused(text, padded):
    assert pad_hex64(text) == padded


def test_rect_and_id_are_padded():
    face = parse_face("rect64(7c4ff8bf8da),15f401bca26710c")
    assert face.rect_hex == "000007c4ff8bf8da"
    assert face.contact_id == "015f401bca26710c"
    assert face.box == Box(0, 0x07C4 / 65535, 0xFF8B / 65535, 0xF8DA / 65535)
    assert not face.is_suspect


def test_left_and_top_zero_are_dropped_digits():
    assert parse_face("rect64(cb32fdff),1").box == Box(0, 0, 0xCB32 / 65535, 0xFDFF / 65535)


@pytest.mark.parametrize(
    "item",
    [
        "RECT64(1000200030004000),ABC",
        " rect64 ( 1000200030004000 ) , abc ",
        "\trect64(1000200030004000),\tabc",
        "Rect64(1000200030004000) ,aBc",
    ],
)
def test_case_and_blanks_do_not_matter(item):
    face = parse_face(item)
    assert (face.rect_hex, face.contact_id) == ("1000200030004000", "0" * 13 + "abc")


@pytest.mark.parametrize("item", ["rect64(1000200030004000)", "rect64(1000200030004000),"])
def test_missing_id_is_empty(item):
    assert parse_face(item).contact_id == ""


def test_id_zero_stays_an_id():
    assert parse_face("rect64(585b0668c1009d50),0").contact_id == "0" * 16


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("rect(1000200030004000),1", "not a rect64"),
        ("rect64 1000200030004000,1", "not a rect64"),
        ("rect64(1000200030004000", "not a rect64"),
        ("rect64(),1", "rectangle is not"),
        ("rect64(10002000300040001),1", "rectangle is not"),
        ("rect64(xyz),1", "rectangle is not"),
        ("rect64(0x1000),1", "rectangle is not"),
        ("rect64(1000200030004000)1", "no comma"),
        ("rect64(1000200030004000),1,2", "contact id is not"),
        ("rect64(1000200030004000),name", "contact id is not"),
        ("rect64(1000200030004000)," + "1" * 17, "contact id is not"),
    ],
)
def test_malformed_items_say_why(item, reason):
    with pytest.raises(ValueError, match=reason):
        parse_face(item)


@pytest.mark.parametrize(
    "rect",
    ["0", "1", "1000200010004000", "1000200030002000", "ffff000000001000", "0000ffff10000000"],
)
def test_rectangles_without_area_are_refused(rect):
    with pytest.raises(ValueError, match="no area"):
        parse_face(f"rect64({rect}),1")


def test_wrapped_right_edge_lies_on_the_border():
    face = parse_face("rect64(d0365d70006c88f5),1")
    assert face.is_suspect
    assert face.box == Box(0xD036 / 65535, 0x5D70 / 65535, 1.0, 0x88F5 / 65535)
    assert face.rect_hex == "d0365d70006c88f5"


def test_wrapped_bottom_edge_lies_on_the_border():
    face = parse_face("rect64(1000d00020000001),1")
    assert face.is_suspect
    assert face.box == Box(0x1000 / 65535, 0xD000 / 65535, 0x2000 / 65535, 1.0)


def test_edges_at_the_borders_are_not_suspect():
    face = parse_face("rect64(00000000ffffffff),1")
    assert face.box == Box(0, 0, 1, 1)
    assert not face.is_suspect
