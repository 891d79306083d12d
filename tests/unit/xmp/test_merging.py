"""Faces are added to packets in every form, and nothing that was there is lost."""

import re

import pytest
from xmp_packets import (
    ANN,
    ANN_ITEM,
    BOB,
    DIALECTS,
    DIGIKAM,
    EXIFTOOL,
    LIGHTROOM,
    NAMESPACES,
    PICASA,
    SIZE,
    WINDOWS,
    listed,
    merge_faces,
    mp,
    mwg,
    mwg_item,
    packet,
)

from facedex.geometry import box_to_upright, upright_size
from facedex.types import Box
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.merging import NamedFace, check_faces, update_packet
from facedex.xmp.rdf import properties, texts
from facedex.xmp.reading import read_facts
from facedex.xmp.regions import mp_items, mwg_items
from facedex.xmp.schemas import BAG, MP_INFO, REGIONS, SEQ, clark
from facedex.xmp.tree import parse

CY = NamedFace("Cy Twó", Box(0.8, 0.1, 0.9, 0.3))
FACES = (NamedFace("Ann Lee", ANN), NamedFace("Bob Ray", BOB))


def texts_of(xmp, name):
    prefix, local = name.split(":")
    root = parse(xmp).root
    return [t for p in properties(root, clark(NAMESPACES[prefix], local)) for t in texts(p)]


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def regions_of(xmp):
    return {region.name: region.box for region in read_facts(xmp).regions}


def counts(xmp):
    root = parse(xmp).root
    mwg_count = sum(len(mwg_items(p)) for p in properties(root, REGIONS))
    return mwg_count, sum(len(mp_items(p)) for p in properties(root, MP_INFO))


def test_a_new_packet_has_everything():
    xmp = merge_faces(None, FACES, SIZE)
    facts = read_facts(xmp)
    assert (facts.problems, facts.names) == ((), ())
    assert facts.applied_to == SIZE
    assert [edges(region.box) for region in facts.regions] == [
        pytest.approx(edges(ANN)),
        pytest.approx(edges(BOB)),
    ]
    assert counts(xmp) == (2, 2)
    for name in ("Iptc4xmpExt:PersonInImage", "dc:subject"):
        assert texts_of(xmp, name) == ["Ann Lee", "Bob Ray"]
    for name in ("digiKam:TagsList", "MicrosoftPhoto:LastKeywordXMP"):
        assert texts_of(xmp, name) == ["People/Ann Lee", "People/Bob Ray"]
    assert texts_of(xmp, "lr:hierarchicalSubject") == ["People|Ann Lee", "People|Bob Ray"]
    assert b"CatalogSets" in xmp


@pytest.mark.parametrize("name", DIALECTS)
def test_what_was_there_stays(name):
    before = DIALECTS[name]
    after = merge_faces(before, [CY], SIZE)
    old, new = read_facts(before), read_facts(after)
    assert set(new.regions) > set(old.regions)
    assert {region.name for region in new.regions} == {"Ann Lee", "Bob Ray", CY.name}
    assert len(new.regions) == 3
    assert new.problems == ()
    assert new.n_other_regions == old.n_other_regions
    assert new.orientation == old.orientation
    assert set(old.keywords) <= set(new.keywords)
    assert new.applied_to == SIZE


@pytest.mark.parametrize("name", DIALECTS)
def test_merging_again_changes_nothing(name):
    once = merge_faces(DIALECTS[name], [*FACES, CY], SIZE)
    assert merge_faces(once, [*FACES, CY], SIZE) == once
    assert merge_faces(once, [CY], SIZE) == once


@pytest.mark.parametrize("name", DIALECTS)
def test_no_faces_change_nothing(name):
    assert merge_faces(DIALECTS[name], [], SIZE) == DIALECTS[name]


def test_every_byte_outside_the_changed_properties_stays():
    strange = (
        "<!-- a comment & more -->\n"
        "<my:thing my:b='2' my:a=\"1\"><![CDATA[<raw>]]><?pi data?></my:thing>\n"
        "<xmp:Rating>4</xmp:Rating>\t\r\n"
        '<my:alt><rdf:Alt><rdf:li xml:lang="x-default">a</rdf:li></rdf:Alt></my:alt>'
    )
    before = packet(strange + mwg(ANN_ITEM) + "<my:last/>", " my:attribute='x'")
    after = merge_faces(before, [CY], SIZE)
    start = before.index(b"<mwg-rs:Regions")
    end = before.index(b"</mwg-rs:Regions>") + len(b"</mwg-rs:Regions>")
    assert after.startswith(before[:start])
    rest = before[end:]
    closing = rest.index(b" </rdf:RDF>")
    assert rest[:closing] in after
    assert after.endswith(rest[closing:])


def test_a_changed_property_keeps_its_other_fields_and_comments():
    more = (
        "<!-- drawn by hand --><mwg-rs:Description>at sea</mwg-rs:Description>"
        '<mwg-rs:Extensions rdf:parseType="Resource"><my:id>7 &lt; 8</my:id></mwg-rs:Extensions>'
    )
    before = packet(mwg(mwg_item(0.2, 0.35, 0.2, 0.3, "Anne", more=more)))
    after = merge_faces(before, FACES[:1], SIZE)
    for kept in (
        b"<!-- drawn by hand -->",
        b"at sea</mwg-rs:Description>",
        b"7 &lt; 8</my:id>",
        b"Ann Lee</mwg-rs:Name>",
    ):
        assert kept in after
    assert b"Anne<" not in after
    assert counts(after) == (1, 1)


def test_the_same_face_is_not_doubled_whatever_its_frame():
    # the whole head, as another program frames it
    head = mwg_item(0.2, 0.33, 0.3, 0.5, "Ann Lee")
    after = merge_faces(packet(mwg(head)), FACES[:1], SIZE)
    assert counts(after) == (1, 1)
    assert regions_of(after)["Ann Lee"].x0 == pytest.approx(ANN.x0)


def test_a_face_without_a_name_gets_it():
    after = merge_faces(packet(mwg(mwg_item(0.2, 0.35, 0.2, 0.3, kind=None))), FACES[:1], SIZE)
    assert counts(after) == (1, 1)
    assert list(regions_of(after)) == ["Ann Lee"]


def test_a_renamed_face_takes_its_keywords_along():
    before = merge_faces(packet(listed("dc:subject", "sea")), [NamedFace("Anne", ANN), CY], SIZE)
    after = merge_faces(before, FACES[:1], SIZE)
    assert b"Anne" not in after
    assert texts_of(after, "dc:subject") == ["sea", CY.name, "Ann Lee"]
    assert texts_of(after, "digiKam:TagsList") == [f"People/{CY.name}", "People/Ann Lee"]


def test_a_comment_that_reads_like_a_name_stays():
    before = merge_faces(None, [NamedFace("Anne", ANN)], SIZE)
    before = before.replace(b"<rdf:li>Anne</rdf:li>", b"<!--Anne--><rdf:li>Anne</rdf:li>")
    after = merge_faces(before, FACES[:1], SIZE)
    assert after.count(b"Anne") == after.count(b"<!--Anne-->") == 2


def test_a_name_that_another_region_bears_stays():
    twins = [NamedFace("Anne", ANN), NamedFace("Anne", BOB)]
    after = merge_faces(merge_faces(None, twins, SIZE), FACES[:1], SIZE)
    assert texts_of(after, "Iptc4xmpExt:PersonInImage") == ["Anne", "Ann Lee"]


def test_a_pet_is_not_taken_for_a_face():
    after = merge_faces(PICASA, [NamedFace("Eve", Box(0.45, 0.85, 0.55, 0.95))], SIZE)
    facts = read_facts(after)
    assert facts.n_other_regions == 3
    assert b"Rex</mwg-rs:Name>" in after
    assert [region.name for region in facts.regions] == ["Ann Lee", "Bob Ray", "Eve"]


def test_attributes_stay_attributes():
    after = merge_faces(LIGHTROOM, [NamedFace("Anna", ANN)], SIZE)
    assert b'mwg-rs:Name="Anna"' in after
    assert b"<mwg-rs:Name>" not in after
    assert b"<stArea:" not in after.replace(b"<stArea:unit>", b"")
    assert b'mwg-rs:Rotation="0.00000"' in after
    assert read_facts(after).problems == ()
    windows = packet(
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li '
        'MPReg:Rectangle="0.1, 0.2, 0.2, 0.3" MPReg:PersonEmailDigest="d"/></rdf:Bag>'
        "</MPRI:Regions></MP:RegionInfo>"
    )
    after = merge_faces(windows, FACES[:1], SIZE)
    assert b'MPReg:PersonEmailDigest="d"' in after
    assert counts(after) == (1, 1)


def test_people_without_a_rectangle_stay():
    before = packet(mp((None, "Eve"), ("junk", "Fay")))
    after = merge_faces(before, FACES, SIZE)
    assert counts(after) == (2, 4)
    assert set(read_facts(after).names) == {"Eve", "Fay"}
    check_faces(read_facts(before), read_facts(after), FACES)


@pytest.mark.parametrize("body", ["<dc:subject/>", "<dc:subject>sea</dc:subject>"])
def test_a_list_that_is_none_becomes_one(body):
    after = merge_faces(packet(body), FACES[:1], SIZE)
    assert texts_of(after, "dc:subject") == (["sea"] if "sea" in body else []) + ["Ann Lee"]


@pytest.mark.parametrize(
    "regions",
    [
        "<mwg-rs:Regions/>",
        '<mwg-rs:Regions rdf:parseType="Resource"/>',
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList/></mwg-rs:Regions>',
        "<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag/></mwg-rs:RegionList></rdf:Description></mwg-rs:Regions>",
    ],
)
def test_an_empty_list_of_regions_is_filled(regions):
    after = merge_faces(packet(regions), FACES, SIZE)
    assert counts(after) == (2, 2)
    assert read_facts(after).applied_to == SIZE
    assert after.count(b"<mwg-rs:Regions") == 1
    assert merge_faces(after, FACES, SIZE) == after


def test_an_empty_rdf_is_filled():
    bare = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    for before in (bare, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + bare + b"</x:xmpmeta>"):
        assert counts(merge_faces(before, FACES, SIZE)) == (2, 2)


def test_the_subject_of_the_packet_is_kept():
    before = EXIFTOOL.replace(b'rdf:about=""', b'rdf:about="uuid:1"')
    after = merge_faces(before, FACES, SIZE)
    assert after.count(b'rdf:about="uuid:1"') == 2
    assert b'rdf:about=""' not in after


def test_windows_older_spelling_is_not_doubled():
    old = WINDOWS.replace(
        b'"http://ns.microsoft.com/photo/1.0/"', b'"http://ns.microsoft.com/photo/1.0"'
    )
    assert old != WINDOWS
    after = merge_faces(old, FACES, SIZE)
    assert after.count(b"People/Ann Lee") == 2  # there, and in digiKam's list
    assert b"http://ns.microsoft.com/photo/1.0/" not in after


def test_prefixes_that_mean_something_else_do_no_harm():
    before = EXIFTOOL.replace(b"mwg-rs:", b"dc:").replace(b"xmlns:mwg-rs=", b"xmlns:q=")
    before = before.replace(
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"',
        b'xmlns:dc="http://www.metadataworkinggroup.com/schemas/regions/"',
    ).replace(b'xmlns:q="http://www.metadataworkinggroup.com/schemas/regions/"', b"")
    assert len(read_facts(before).regions) == 2
    after = merge_faces(before, [CY], SIZE)
    assert len(read_facts(after).regions) == 3
    assert read_facts(after).keywords == (CY.name,)


FIELDS = [
    # field, container as its readers write it, texts of Ann Lee, A/B and C|D
    ("Iptc4xmpExt:PersonInImage", BAG, ["Ann Lee", "A/B", "C|D"]),
    ("dc:subject", BAG, ["Ann Lee", "A/B", "C|D"]),
    ("digiKam:TagsList", SEQ, ["People/Ann Lee", "People/C|D"]),
    ("MicrosoftPhoto:LastKeywordXMP", BAG, ["People/Ann Lee", "People/C|D"]),
    ("lr:hierarchicalSubject", BAG, ["People|Ann Lee", "People|A/B"]),
    ("mediapro:CatalogSets", BAG, ["People|Ann Lee", "People|A/B"]),
]


@pytest.mark.parametrize(("field", "container", "wanted"), FIELDS)
def test_each_list_names_everybody_whom_its_readers_can_tell(field, container, wanted):
    """Neither digiKam nor Lightroom has a tag with its separator in the name."""
    faces = [FACES[0], NamedFace("A/B", BOB), NamedFace("C|D", CY.box)]
    after = merge_faces(None, faces, SIZE)
    assert texts_of(after, field) == wanted
    prefix, local = field.split(":")
    [element] = properties(parse(after).root, clark(NAMESPACES[prefix], local))
    assert [child.name for child in element.children] == [container]
    facts = read_facts(after)
    assert facts.names == ()
    assert [region.name for region in facts.regions] == ["Ann Lee", "A/B", "C|D"]


def test_names_are_escaped():
    name = '<"O\'Neil" & ]]> Zoë 👩'
    after = merge_faces(None, [NamedFace(f" {name}\x00\x0b\n", ANN)], SIZE)
    assert [region.name for region in read_facts(after).regions] == [name]


def test_numbers_have_at_most_nine_decimals_and_no_exponent():
    face = NamedFace("Ann", Box(1 / 3, 1e-8, 2 / 3, 1 / 7))
    after = merge_faces(None, [face], SIZE).decode()
    numbers = re.findall(r"<stArea:[xywh]>([^<]*)<", after)
    numbers += re.search(r"<MPReg:Rectangle>([^<]*)<", after)[1].split(", ")
    assert len(numbers) == 8
    assert all(re.fullmatch(r"\d(\.\d{1,9})?", number) for number in numbers)
    box = read_facts(after.encode()).regions[0].box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((1 / 3, 1e-8, 2 / 3, 1 / 7), abs=2e-9)


def test_dimensions_that_were_swapped_are_put_right():
    after = merge_faces(packet(mwg(ANN_ITEM, size=(400, 600))), [CY], SIZE)
    assert read_facts(after).applied_to == SIZE


def rectangle(box):
    return f"{box.x0}, {box.y0}, {box.width}, {box.height}"


def turned_ann(orientation, kind):
    """Ann as a program writes her that counts in the picture turned upright."""
    box = box_to_upright(ANN, orientation)
    x, y = box.center
    item = mwg_item(x, y, box.width, box.height, "Ann Lee")
    size = upright_size(*SIZE, orientation)
    return packet(
        {
            "its size": mwg(item, size=size),
            "no size": mwg(item, size=None),
            "Microsoft's": mp((rectangle(box), "Ann Lee")),
        }[kind]
    )


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["its size", "no size", "Microsoft's"])
def test_regions_that_others_drew_on_the_picture_turned_upright_are_not_doubled(orientation, kind):
    before = turned_ann(orientation, kind)
    with pytest.raises(UnmergeableError, match="turned upright"):
        update_packet(before, FACES, SIZE, orientation=orientation)
    assert update_packet(before, [], SIZE, orientation=orientation).packet == before


@pytest.mark.parametrize("orientation", range(1, 9))
def test_others_regions_with_sides_swapped_refuse_more_where_the_photo_swaps_them(orientation):
    """The size says that they were drawn turned; Ann's own place says nothing of how."""
    before = packet(mwg(ANN_ITEM, size=SIZE[::-1]))
    if orientation >= 5:
        with pytest.raises(UnmergeableError, match="turned upright"):
            update_packet(before, [CY], SIZE, orientation=orientation)
    else:
        after = update_packet(before, [CY], SIZE, orientation=orientation).packet
        assert set(regions_of(after)) == {"Ann Lee", CY.name}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_regions_of_a_turned_photo_that_stand_in_its_stored_pixels_take_the_names(orientation):
    after = update_packet(EXIFTOOL, FACES, SIZE, orientation=orientation).packet
    assert set(regions_of(after)) == {"Ann Lee", "Bob Ray"}


@pytest.mark.parametrize("orientation", range(2, 9))
def test_of_which_picture_others_regions_are_is_not_said_for_them(orientation):
    before = packet(mwg(ANN_ITEM, size=None))
    after = update_packet(before, [CY], SIZE, orientation=orientation).packet
    assert read_facts(after).applied_to is None
    assert set(regions_of(after)) == {"Ann Lee", CY.name}


@pytest.mark.parametrize("kind", ["Face", "Pet"])
def test_areas_in_pixels_survive_other_dimensions(kind):
    item = mwg_item(240, 280, 240, 240, "Ann Lee", kind=kind, unit="pixel")
    before = packet(mwg(item, size=(1200, 800)))
    after = merge_faces(before, [CY], SIZE)
    box = regions_of(after.replace(b">Pet<", b">Face<"))["Ann Lee"]
    assert edges(box) == pytest.approx(edges(ANN))


def test_a_point_in_pixels_of_other_dimensions_is_refused():
    point = mwg_item(240, 280, "", "", kind="Focus", unit="pixel")
    assert merge_faces(packet(mwg(point)), [CY], SIZE)
    with pytest.raises(UnmergeableError, match="in pixels"):
        merge_faces(packet(mwg(point, size=(1200, 800))), [CY], SIZE)


def test_regions_of_a_picture_of_another_shape_are_refused():
    with pytest.raises(UnmergeableError, match="600 x 400 but 600 x 600"):
        merge_faces(packet(mwg(ANN_ITEM, size=(600, 600))), [CY], SIZE)


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (EXIFTOOL[:900], "damaged at byte"),
        (EXIFTOOL.replace(b"Ann", b"\xe9nn"), "not UTF-8"),
        (b"<!DOCTYPE x>" + EXIFTOOL, "document type"),
        (b"<svg/>", "no RDF"),
        (b"", "damaged"),
        (packet("", ' dc:subject="sea"'), "as an attribute"),
    ],
)
def test_what_cannot_be_merged_without_loss_is_refused(before, reason):
    with pytest.raises(UnmergeableError, match=reason):
        merge_faces(before, FACES, SIZE)


@pytest.mark.parametrize(
    "face",
    [
        NamedFace("", ANN),
        NamedFace(" \n", ANN),
        NamedFace("f" * 16, ANN),
        NamedFace("Ann", Box(0.2, 0.2, 0.2, 0.4)),
        NamedFace("Ann", Box(1.2, 0.2, 1.4, 0.4)),
    ],
)
def test_a_face_without_name_or_area_is_refused(face):
    with pytest.raises(ValueError, match="a face to be written has no"):
        merge_faces(None, [face], SIZE)


def test_a_packet_in_utf16_comes_out_in_utf8():
    before = ('<?xml version="1.0" encoding="UTF-16"?>' + DIGIKAM.decode()).encode("utf-16")
    after = merge_faces(before, [CY], SIZE)
    assert b"UTF-16" not in after
    assert [region.name for region in read_facts(after).regions] == ["Ann Lee", "Bob Ray", CY.name]


def test_what_reads_back_wrong_is_noticed():
    before, after = read_facts(EXIFTOOL), read_facts(merge_faces(EXIFTOOL, [CY], SIZE))
    check_faces(before, after, [CY])
    with pytest.raises(UnmergeableError, match="does not read back"):
        check_faces(before, before, [CY])
    with pytest.raises(UnmergeableError, match="does not read back"):
        check_faces(before, read_facts(merge_faces(None, [CY], SIZE)), [CY])
    with pytest.raises(UnmergeableError, match="with a problem"):
        check_faces(before, read_facts(packet(mp(("junk", "x")))), [])
