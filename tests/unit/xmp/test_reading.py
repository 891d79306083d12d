"""What different programs write is read alike; what cannot be used is told in a line."""

import codecs
import time

import pytest
from xmp_packets import (
    ANN,
    ANN_ITEM,
    BOB,
    BOB_ITEM,
    DIALECTS,
    DIGIKAM,
    EXIFTOOL,
    PICASA,
    WINDOWS,
    listed,
    mp,
    mwg,
    mwg_item,
    packet,
)

from facedex.xmp.people_tags import people_of_paths
from facedex.xmp.reading import MAX_REGIONS, XmpFacts, read_facts
from facedex.xmp.regions import box_on


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def near(box, abs_=1e-9):
    return pytest.approx(edges(box), abs=abs_)


def one_region(item, size=(600, 400)):
    facts = read_facts(packet(mwg(item, size=size)))
    assert facts.problems == ()
    (region,) = facts.regions
    return region


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_two_faces(name):
    facts = read_facts(DIALECTS[name])
    assert facts.problems == ()
    assert [region.name for region in facts.regions] == ["Ann Lee", "Bob Ray"]
    assert [edges(region.box) for region in facts.regions] == [near(ANN), near(BOB)]
    assert facts.names == ()
    assert facts.applied_to == (None if name == "windows" else (600, 400))


def test_a_face_in_both_schemas_is_told_once():
    schemas = {region.schema for region in read_facts(DIGIKAM).regions}
    assert schemas == {"mwg"}
    assert {region.schema for region in read_facts(WINDOWS).regions} == {"mp"}


def test_pets_and_points_are_counted_and_are_no_faces():
    assert read_facts(PICASA).n_other_regions == 3


def test_a_region_without_a_name_is_a_face():
    assert one_region(mwg_item(0.5, 0.5, 0.2, 0.2)).name == ""
    assert one_region(mwg_item(0.5, 0.5, 0.2, 0.2, "  ")).name == ""


def test_picasas_nobody_is_no_name():
    assert one_region(mwg_item(0.5, 0.5, 0.2, 0.2, "ffffffffffffffff")).name == ""


def test_names_are_unescaped_and_tidied():
    assert one_region(mwg_item(0.5, 0.5, 0.2, 0.2, "Zoë &amp;\n  Co")).name == "Zoë & Co"
    assert one_region(mwg_item(0.5, 0.5, 0.2, 0.2, "<![CDATA[A <b>]]>")).name == "A <b>"


def test_a_name_takes_the_place_of_none_for_the_same_face():
    facts = read_facts(
        packet(mwg(mwg_item(0.2, 0.35, 0.2, 0.3)) + mp(("0.1, 0.2, 0.2, 0.3", "Ann")))
    )
    (region,) = facts.regions
    assert (region.name, region.schema) == ("Ann", "mwg")


@pytest.mark.parametrize(("shift", "n_regions"), [(0.05, 1), (0.1, 2)])
def test_faces_that_overlap_by_half_are_one(shift, n_regions):
    # 0.2 wide: the overlaps are 0.6 and a third
    items = mwg_item(0.4, 0.5, 0.2, 0.2) + mwg_item(0.4 + shift, 0.5, 0.2, 0.2)
    assert len(read_facts(packet(mwg(items))).regions) == n_regions


def test_two_names_for_one_face_are_both_told():
    facts = read_facts(packet(mwg(ANN_ITEM) + mp(("0.1, 0.2, 0.2, 0.3", "Eve"))))
    assert [region.name for region in facts.regions] == ["Ann Lee", "Eve"]


def test_pixels_are_shares_of_the_dimensions():
    item = mwg_item(120, 140, 120, 120, "Ann", unit="pixel")
    assert edges(one_region(item).box) == near(ANN)


def test_a_box_past_the_edge_is_clipped():
    assert edges(one_region(mwg_item(0.05, 0.5, 0.2, 0.2)).box) == pytest.approx(
        (0, 0.4, 0.15, 0.6)
    )


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (mwg_item(0.5, 0.5, 0, 0.2, "Eve"), "no area"),
        (mwg_item(0.5, 0.5, -0.1, 0.2, "Eve"), "no area"),
        (mwg_item(3, 0.5, 0.1, 0.2, "Eve"), "outside the picture"),
        (mwg_item("nan", 0.5, 0.1, 0.2, "Eve"), "no rectangle"),
        (mwg_item("inf", 0.5, 0.1, 0.2, "Eve"), "no rectangle"),
        (mwg_item("1_0", 0.5, 0.1, 0.2, "Eve"), "no rectangle"),
        (mwg_item("", 0.5, 0.1, 0.2, "Eve"), "no rectangle"),
        (mwg_item("1e999", 0.5, 0.1, 0.2, "Eve"), "outside the picture"),
        (mwg_item(0.5, 0.5, 0.1, 0.2, "Eve", unit="furlong"), "furlong"),
        ('<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Eve</mwg-rs:Name></rdf:li>', "no area"),
    ],
)
def test_an_unusable_area_is_a_problem_and_its_name_stays(item, reason):
    facts = read_facts(packet(mwg(ANN_ITEM, item)))
    assert [region.name for region in facts.regions] == ["Ann Lee"]
    assert facts.names == ("Eve",)
    (problem,) = facts.problems
    assert problem.startswith("MWG region 2:")
    assert reason in problem


def test_pixels_of_an_unknown_size_wait_for_the_photos():
    facts = read_facts(packet(mwg(mwg_item(120, 140, 120, 120, "Eve", unit="pixel"), size=None)))
    (eve,) = facts.regions
    assert (eve.name, eve.measure, facts.problems) == ("Eve", "pixels", ())
    assert edges(box_on(eve.box, "pixels", (600, 400))) == pytest.approx((0.1, 0.2, 0.3, 0.5))


@pytest.mark.parametrize(
    "rectangle", ["0.1, 0.2, 0.2", "0,1, 0,2, 0,2, 0,3", "a, b, c, d", "1 2 3 4"]
)
def test_a_microsoft_rectangle_of_other_than_four_numbers_is_a_problem(rectangle):
    facts = read_facts(packet(mp((rectangle, "Eve"))))
    assert (facts.regions, facts.names) == ((), ("Eve",))
    assert "not four numbers" in facts.problems[0]


def test_a_person_tagged_without_a_rectangle_is_unplaced():
    facts = read_facts(packet(mp((None, "Eve"), ("0.1, 0.2, 0.2, 0.3", "Ann"))))
    assert facts.names == ("Eve",)
    assert [region.name for region in facts.regions] == ["Ann"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<mwg-rs:Regions/>", "MWG regions: there is no list"),
        ('<MP:RegionInfo rdf:parseType="Resource"/>', "MP regions: there is no list"),
        (mwg(ANN_ITEM).replace("rdf:Bag", "my:bag"), "MWG regions: there is no list"),
        (
            mwg(ANN_ITEM.replace("rdf:li", "my:li")),
            "MWG regions: not all parts of the list are items",
        ),
    ],
)
def test_a_list_that_is_none_is_a_problem(body, problem):
    assert read_facts(packet(body)).problems == (problem,)


def test_missing_dimensions_are_none():
    assert read_facts(packet(mwg(ANN_ITEM, size=None))).applied_to is None
    assert read_facts(packet(mwg(ANN_ITEM, size=(0, 400)))).applied_to is None


def test_people_and_keywords_without_a_place():
    facts = read_facts(
        packet(
            mwg(ANN_ITEM)
            + listed("Iptc4xmpExt:PersonInImage", "ann lee", "Cy")
            + listed("digiKam:TagsList", "People/Unknown", "People/Dee", "Sea", array="Seq")
            + listed("lr:hierarchicalSubject", "People", "People|Family", "People|Family|Dee")
            + listed("dc:subject", "sea", "Cy", "sea")
        )
    )
    assert facts.names == ("Cy", "Dee")
    assert facts.keywords == ("sea", "Cy")


def test_lists_may_be_single_texts():
    assert read_facts(packet("<dc:subject>sea</dc:subject>")).keywords == ("sea",)


def test_groups_among_the_people_are_no_persons():
    paths = ["People", "People/Family", "People/Family/Ann", "people/Bob", "Places/People", "Ann"]
    assert people_of_paths(paths, "/") == ["Ann", "Bob"]


def test_orientation_is_told():
    assert read_facts(DIGIKAM).orientation == 1
    assert read_facts(packet("<tiff:Orientation>6</tiff:Orientation>")).orientation == 6
    assert read_facts(packet("<tiff:Orientation>9</tiff:Orientation>")).orientation is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("has_mark", [True, False])
def test_other_encodings_are_read(encoding, has_mark):
    text = EXIFTOOL.decode().replace("Ann Lee", "Zoë")
    text = text if has_mark else text.replace("\ufeff", "")
    mark = "\ufeff" if has_mark else ""
    declared = f'<?xml version="1.0" encoding="{encoding[:6]}"?>\n'
    facts = read_facts((mark + declared + text).encode(encoding))
    assert facts.problems == ()
    assert facts.regions[0].name == "Zoë"


def test_an_8_bit_encoding_is_read_where_it_is_declared():
    text = EXIFTOOL.decode().replace("Ann Lee", "Zoë").replace("\ufeff", "")
    facts = read_facts(('<?xml version="1.0" encoding="ISO-8859-1"?>' + text).encode("latin-1"))
    assert facts.problems == ()
    assert facts.regions[0].name == "Zoë"
    facts = read_facts(text.encode("latin-1"))
    assert facts.regions[0].name == "Zoë"
    assert "not UTF-8" in facts.problems[0]


def test_a_byte_order_mark_before_the_packet_is_passed_over():
    assert read_facts(codecs.BOM_UTF8 + EXIFTOOL) == read_facts(EXIFTOOL)


def test_what_follows_the_packet_is_passed_over():
    assert read_facts(EXIFTOOL + b" \n\0\0\0") == read_facts(EXIFTOOL)
    assert read_facts(EXIFTOOL + b"<junk") == read_facts(EXIFTOOL)


def test_old_wrapping_and_none_are_read():
    old = EXIFTOOL.replace(b"x:xmpmeta", b"x:xapmeta")
    bare = EXIFTOOL[EXIFTOOL.index(b"<rdf:RDF") : EXIFTOOL.index(b"</x:xmpmeta>")]
    assert read_facts(old) == read_facts(bare) == read_facts(EXIFTOOL)


def test_of_a_packet_that_breaks_off_the_first_part_is_read():
    broken = packet(mwg(ANN_ITEM, BOB_ITEM.replace("</mwg-rs:Area>", "&</mwg-rs:Area>")))
    facts = read_facts(broken)
    assert [region.name for region in facts.regions] == ["Ann Lee"]
    assert any("damaged at byte" in problem for problem in facts.problems)
    assert "MWG region 2: it breaks off" in facts.problems


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "declaration",
    [BOMB, '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">', "<!DOCTYPE x>"],
)
def test_a_document_type_is_refused(declaration):
    begin = EXIFTOOL.index(b"<x:xmpmeta")
    facts = read_facts(EXIFTOOL[:begin] + declaration.encode() + EXIFTOOL[begin:])
    assert facts == XmpFacts(problems=("it declares a document type or entities",))


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<my:a>" * 200 + "</my:a>" * 200, "in one another"),
        ("<my:a/>" * 100_001, "more than 100000 elements"),
        ("<my:a>" + "x" * 16_000_000 + "</my:a>", "over 16000000"),
    ],
)
def test_caps_are_told(inside, reason):
    begun = time.process_time()
    facts = read_facts(packet(mwg(ANN_ITEM) + inside))
    assert time.process_time() - begun < 10
    assert facts.regions == ()
    assert reason in facts.problems[0]


def test_a_flood_of_regions_is_cut_short():
    items = [mwg_item(i / 1000, 0.5, 0.0001, 0.1) for i in range(1, 999)]
    facts = read_facts(packet(mwg(*items)))
    assert len(facts.regions) == MAX_REGIONS
    assert facts.problems == (f"more than {MAX_REGIONS} regions",)


@pytest.mark.parametrize(
    "data", [b"", b"<", b"<x/>", b"junk", b"<svg><g/></svg>", b"\xff\xd8", b"\0<"]
)
def test_junk_gives_no_regions(data):
    facts = read_facts(data)
    assert facts.regions == facts.names == ()


def test_a_file_without_xmp_has_no_facts_and_no_problems():
    assert read_facts(b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9") == XmpFacts()
    assert read_facts(b"GIF89a") == XmpFacts()
