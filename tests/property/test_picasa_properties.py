import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facedex.geometry import box_from_rect64, box_in_part, box_to_upright
from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.frames import frame_fit, place_region
from facedex.picasa.ini import is_unnamed_contact, parse_ini
from facedex.picasa.recipes import carry_box
from facedex.types import Box, PicasaFace, PicasaIni, PicasaSection, Recipe

ids = st.integers(1, 2**64 - 2).map(lambda value: f"{value:016x}")
face_ids = st.one_of(ids, st.sampled_from(["", "0" * 16, "f" * 16]))
words = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)).filter(lambda p: p[0] != p[1])
names = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"], blacklist_characters=";&"),
    min_size=1,
    max_size=20,
).filter(lambda name: name.strip() == name)
KNOWN = {"picasa", "encoding", "contacts", "contacts2", "photoid", "lifescape", "(null)"}
files = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(
    lambda name: name.strip().casefold() not in KNOWN | {""} and ".album" not in name.lower()
)


@st.composite
def faces(draw):
    (left, right), (top, bottom) = sorted(draw(words)), sorted(draw(words))
    rect_hex = f"{left:04x}{top:04x}{right:04x}{bottom:04x}"
    return PicasaFace(box_from_rect64(rect_hex), rect_hex, draw(face_ids))


words_list = st.lists(names.filter(lambda name: "," not in name), max_size=3, unique=True).map(
    tuple
)
tokens = st.lists(st.text("0123456789abcdef", min_size=1), max_size=3, unique=True).map(tuple)


@st.composite
def inis(draw):
    unique = lambda face: (face.rect_hex, face.contact_id)  # noqa: E731
    sections = st.builds(
        PicasaSection,
        files,
        st.lists(faces(), max_size=4, unique_by=unique).map(tuple),
        st.sampled_from([None, 0, 1, 2, 3]),
        st.booleans(),
        st.booleans(),
        st.one_of(st.just(""), names),
        words_list,
        tokens,
    )
    return PicasaIni(
        tuple(draw(st.lists(sections, max_size=4, unique_by=lambda section: section.filename))),
        draw(st.dictionaries(ids, names, max_size=4)),
        (),
        draw(st.booleans()),
        draw(st.dictionaries(st.text("0123456789abcdef", min_size=1), names, max_size=3)),
        draw(st.dictionaries(ids, names, max_size=3)),
    )


def format_ini(ini, end):
    """Return the file as Picasa would write it: leading zeros dropped."""
    lines = ["[Picasa]", "P2category=" + ("Exported Pictures" if ini.is_export else "Other")]
    for section in ini.sections:
        lines.append(f"[{section.filename}]")
        if section.rotate is not None:
            lines.append(f"rotate=rotate({section.rotate})")
        lines += ["star=yes"] * section.is_starred + ["hidden=yes"] * section.is_hidden
        lines += [f"caption={section.caption}", "keywords=" + ",".join(section.keywords)]
        lines.append("albums=" + ",".join(section.albums))
        if section.faces:
            lines.append("faces=" + ";".join(format_face(face) for face in section.faces))
    lines.append("[Contacts2]")
    lines += [f"{int(contact_id, 16):x}={name};;" for contact_id, name in ini.contacts.items()]
    lines.append("[Contacts]")
    lines += [f"{int(contact_id, 16):x}={web}" for contact_id, web in ini.web_ids.items()]
    for token, name in ini.albums.items():
        lines += [f"[.album:{token}]", f"name={name}"]
    return end.join(lines).encode()


def format_face(face):
    contact_id = f"{int(face.contact_id, 16):x}" if face.contact_id else ""
    return f"rect64({int(face.rect_hex, 16):x}),{contact_id}"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inis(), st.sampled_from(["\n", "\r\n"]))
def test_ini_survives_the_round_trip(ini, end):
    parsed = parse_ini(format_ini(ini, end))
    assert parsed == ini
    assert parsed.lines.total == format_ini(ini, end).count(b"\n") + 1
    assert parsed.lines.junk == parsed.lines.unknown_keys == parsed.lines.blank == 0


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read(data):
    parse_ini(data)
    parse_contacts_xml(data)


@settings(deadline=None)
@given(st.text("[]=;,()\n&#0123456789abcdefrtsx64 ", max_size=300))
def test_any_text_of_the_grammar_is_read(text):
    for section in parse_ini(f"[Contacts2]\n1={text}\n[a]\nfaces={text}".encode()).sections:
        assert all(face.box.area > 0 for face in section.faces)


@settings(deadline=None)
@given(st.integers(2, 12000), st.integers(2, 12000), st.data())
def test_whole_pixels_fit_and_come_back(width, height, data):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    sides = (width, height, width, height)
    pixels = (left, top, right, bottom)
    values = [round(k * 65535 / n) for k, n in zip(pixels, sides, strict=True)]
    rect_hex = "".join(f"{value:04x}" for value in values)
    assert frame_fit(rect_hex, (width, height)) == 4
    face = PicasaFace(box_from_rect64(rect_hex), rect_hex, "")
    placed = place_region(face, (width, height), orientation=6)
    assert placed.frame == "stored"
    edges = (placed.box.x0, placed.box.y0, placed.box.x1, placed.box.y1)
    assert tuple(round(e * n) for e, n in zip(edges, sides, strict=True)) == pixels


@settings(deadline=None)
@given(st.data(), st.integers(40, 9000), st.integers(40, 9000), st.sampled_from([None, 0, 1, 2, 3]))
def test_recipes_carry_what_they_keep_and_turning_back_restores_it(data, width, height, rotate):
    left, top = data.draw(st.integers(0, width - 20)), data.draw(st.integers(0, height - 20))
    right = data.draw(st.integers(left + 20, width))
    bottom = data.draw(st.integers(top + 20, height))
    crop = Box(left / width, top / height, right / width, bottom / height)
    recipe = Recipe(width, height, crop, rotate)
    shares = st.floats(0.001, 0.999)
    x0, x1 = sorted(data.draw(st.tuples(shares, shares)))
    y0, y1 = sorted(data.draw(st.tuples(shares, shares)))
    inside = Box(
        crop.x0 + x0 * crop.width,
        crop.y0 + y0 * crop.height,
        crop.x0 + x1 * crop.width,
        crop.y0 + y1 * crop.height,
    )
    carried = carry_box(inside, recipe)
    back = box_to_upright(carried, (1, 8, 3, 6)[rotate or 0])
    expected = box_in_part(inside, crop)
    assert (back.x0, back.y0, back.x1, back.y1) == pytest.approx(
        (expected.x0, expected.y0, expected.x1, expected.y1), abs=1e-9
    )


@settings(deadline=None)
@given(faces(), st.integers(1, 9000), st.integers(1, 9000), st.integers(0, 9), st.booleans())
def test_regions_lie_in_the_picture_and_mean_one_of_two_frames(face, width, height, turn, is_raw):
    placed = place_region(face, (width, height), is_raw=is_raw, orientation=turn)
    box = placed.box
    assert 0 <= box.x0 <= box.x1 <= 1
    assert 0 <= box.y0 <= box.y1 <= 1
    upright = box_to_upright(box, turn if 1 <= turn <= 8 else 1)
    given_edges = pytest.approx((face.box.x0, face.box.y0, face.box.x1, face.box.y1), abs=1e-9)
    assert (box.x0, box.y0, box.x1, box.y1) == given_edges or (
        upright.x0, upright.y0, upright.x1, upright.y1
    ) == given_edges  # fmt: skip


@settings(deadline=None)
@given(st.text("0fF1", max_size=18))
def test_only_three_ids_are_nobodys(text):
    assert is_unnamed_contact(text) == (set(text) <= {"0"} or text.lower() == "f" * 16)
