"""Every known way in which programs store people in XMP, and the net under them."""

import pytest
from xmp_packets import ANN, SIZE, dimensions, listed, merge_faces, mwg, mwg_item, packet

from facedex.geometry import clip_box
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts
from facedex.xmp.regions import box_on, measure_of, measured_text

CENTRE = (0.2, 0.35, 0.2, 0.3)  # of ANN: middle and size
RESOURCE = 'rdf:parseType="Resource"'


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def area(name, numbers):
    corners = "".join(
        f"<acdsee-stArea:{k}>{v}</acdsee-stArea:{k}>" for k, v in zip("xywh", numbers, strict=True)
    )
    return f"<acdsee-rs:{name} {RESOURCE}>{corners}</acdsee-rs:{name}>"


def acdsee(*areas, name="Ann", kind="Face", assigned="manual", size=True):
    dimensions = (
        '<acdsee-rs:AppliedToDimensions acdsee-stDim:w="600" acdsee-stDim:h="400"/>' if size else ""
    )
    return packet(
        f"<acdsee-rs:Regions {RESOURCE}>{dimensions}<acdsee-rs:RegionList><rdf:Bag>"
        f"<rdf:li {RESOURCE}><acdsee-rs:Name>{name}</acdsee-rs:Name>"
        f"<acdsee-rs:Type>{kind}</acdsee-rs:Type>"
        f"<acdsee-rs:NameAssignType>{assigned}</acdsee-rs:NameAssignType>{''.join(areas)}</rdf:li>"
        "</rdf:Bag></acdsee-rs:RegionList></acdsee-rs:Regions>"
    )


def test_acdsees_regions_are_faces():
    facts = read_facts(acdsee(area("ALGArea", (0.2, 0.35, 0.4, 0.5)), area("DLYArea", CENTRE)))
    (ann,) = facts.regions
    assert (ann.name, edges(ann.box)) == ("Ann", pytest.approx(edges(ANN)))
    assert (facts.applied_to, facts.problems) == (SIZE, ())


def test_where_acdsee_alone_found_a_face_its_area_counts():
    (ann,) = read_facts(acdsee(area("ALGArea", CENTRE), size=False)).regions
    assert edges(ann.box) == pytest.approx(edges(ANN))


def test_a_name_that_was_denied_in_acdsee_names_nobody():
    (region,) = read_facts(acdsee(area("DLYArea", CENTRE), assigned="denied")).regions
    assert region.name == ""


def test_acdsees_other_regions_are_no_faces():
    facts = read_facts(acdsee(area("DLYArea", CENTRE), kind="Object"))
    assert (facts.regions, facts.names, facts.n_other_regions) == ((), (), 1)


def test_a_region_of_acdsee_without_an_area_is_a_name():
    facts = read_facts(acdsee())
    assert (facts.regions, facts.names) == ((), ("Ann",))
    assert facts.problems == ("ACDSee region 1: it has no area",)


def test_acdsees_categories_under_people_are_names():
    tree = (
        "&lt;Categories&gt;&lt;Category Assigned=&quot;0&quot;&gt;People"
        "&lt;Category Assigned=&quot;1&quot;&gt;Ann&lt;/Category&gt;"
        "&lt;Category Assigned=&quot;0&quot;&gt;Bob&lt;/Category&gt;&lt;/Category&gt;"
        "&lt;Category Assigned=&quot;1&quot;&gt;Sea&lt;/Category&gt;&lt;/Categories&gt;"
    )
    assert read_facts(packet(f"<acdsee:categories>{tree}</acdsee:categories>")).names == ("Ann",)


def alt(text):
    """Return a text in two languages, of which the default does not stand first."""
    return (
        f'<rdf:Alt><rdf:li xml:lang="qaa">{text} in another</rdf:li>'
        f'<rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    )


def image_region(boundary, more="", name="Ann"):
    fields = "".join(f"<Iptc4xmpExt:rb{k}>{v}</Iptc4xmpExt:rb{k}>" for k, v in boundary.items())
    named = f"<Iptc4xmpExt:Name>{alt(name)}</Iptc4xmpExt:Name>" if name else ""
    return packet(
        f"<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li {RESOURCE}>"
        f"<Iptc4xmpExt:RegionBoundary {RESOURCE}>"
        f"{fields}</Iptc4xmpExt:RegionBoundary>{named}{more}"
        "</rdf:li></rdf:Bag></Iptc4xmpExt:ImageRegion>"
    )


def term(field, word):
    return (
        f"<Iptc4xmpExt:{field}><rdf:Bag><rdf:li {RESOURCE}><xmp:Identifier><rdf:Bag>"
        f"<rdf:li>http://cv.iptc.org/newscodes/imageregion/{word}</rdf:li></rdf:Bag>"
        "</xmp:Identifier>"
        f"</rdf:li></rdf:Bag></Iptc4xmpExt:{field}>"
    )


def corners(*points):
    each = "".join(
        f"<rdf:li {RESOURCE}><Iptc4xmpExt:rbX>{x}</Iptc4xmpExt:rbX>"
        f"<Iptc4xmpExt:rbY>{y}</Iptc4xmpExt:rbY></rdf:li>"
        for x, y in points
    )
    return f"<rdf:Seq>{each}</rdf:Seq>"


RECTANGLE = {"Shape": "rectangle", "Unit": "relative", "X": 0.1, "Y": 0.2, "W": 0.2, "H": 0.3}
PIXELS = {"Shape": "rectangle", "Unit": "pixel", "X": 60, "Y": 80, "W": 120, "H": 120}
CIRCLE = {"Shape": "circle", "Unit": "relative", "X": 0.2, "Y": 0.35, "Rx": 0.1}
CIRCLE_PIXELS = {"Shape": "circle", "Unit": "pixel", "X": 120, "Y": 140, "Rx": 60}
POLYGON = {
    "Shape": "polygon",
    "Unit": "relative",
    "Vertices": corners((0.1, 0.3), (0.3, 0.2), (0.2, 0.5)),
}
POLYGON_PIXELS = {"Shape": "polygon", "Unit": "pixel",
                  "Vertices": corners((60, 100), (180, 80), (90, 200))}  # fmt: skip


@pytest.mark.parametrize(
    "boundary", [RECTANGLE, PIXELS, CIRCLE, CIRCLE_PIXELS, POLYGON, POLYGON_PIXELS]
)
def test_iptc_regions_of_every_shape_and_unit_lie_on_the_face(boundary):
    facts = read_facts(image_region(boundary))
    (ann,) = facts.regions
    assert (ann.name, facts.problems) == ("Ann", ())
    assert edges(box_on(ann.box, ann.measure, SIZE)) == pytest.approx(edges(ANN))
    assert measure_of(measured_text(ann.measure, "0.1 0.2")) == ann.measure


def test_the_size_of_the_same_packets_regions_settles_pixels():
    other = mwg(mwg_item(0.9, 0.9, 0.1, 0.1, "Bob"))
    both = image_region(PIXELS).replace(
        b"<Iptc4xmpExt:ImageRegion>", other.encode() + b"<Iptc4xmpExt:ImageRegion>"
    )
    ann = next(region for region in read_facts(both).regions if region.name == "Ann")
    assert (ann.measure, edges(ann.box)) == ("relative", pytest.approx(edges(ANN)))


@pytest.mark.parametrize(
    "more",
    [
        listed("Iptc4xmpExt:PersonInImage", "Ann"),
        (
            "<Iptc4xmpExt:PersonInImageWDetails><rdf:Bag><rdf:li rdf:parseType='Resource'>"
            f"<Iptc4xmpExt:PersonName>{alt('Ann')}</Iptc4xmpExt:PersonName>"
            "</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImageWDetails>"
        ),
    ],
)
def test_who_is_in_an_iptc_region_goes_before_its_name(more):
    for kind in ("", term("rCtype", "artwork"), term("rRole", "mainSubjectArea")):
        (ann,) = read_facts(image_region(RECTANGLE, more + kind, name="The bride")).regions
        assert ann.name == "Ann"


@pytest.mark.parametrize("kind", [term("rCtype", "artwork"), term("rRole", "squareCropping")])
def test_an_iptc_region_of_something_else_is_no_face(kind):
    facts = read_facts(image_region(RECTANGLE, kind))
    assert (facts.regions, facts.names, facts.n_other_regions) == ((), (), 1)


def test_a_human_of_the_iptc_is_a_face():
    (ann,) = read_facts(image_region(RECTANGLE, term("rCtype", "human"))).regions
    assert ann.name == "Ann"


def test_an_iptc_region_of_several_people_or_of_the_whole_picture_has_no_place():
    two = read_facts(image_region(RECTANGLE, listed("Iptc4xmpExt:PersonInImage", "Ann", "Bob")))
    assert (two.regions, two.names) == ((), ("Ann", "Bob"))
    whole = {"Shape": "rectangle", "Unit": "relative", "X": 0, "Y": 0, "W": 1, "H": 1}
    assert read_facts(image_region(whole)).names == ("Ann",)


def test_an_iptc_region_without_a_usable_boundary_is_a_name_and_a_problem():
    facts = read_facts(image_region({"Shape": "star", "Unit": "relative"}))
    assert (facts.names, facts.problems) == (("Ann",), ("IPTC region 1: its boundary is a 'star'",))


@pytest.mark.parametrize(
    "body",
    [
        listed("mediapro:People", "Ann"),
        listed("expressionmedia:People", "Ann"),
        listed("Iptc4xmpExt:PersonInImage", "Ann"),
        (
            "<Iptc4xmpExt:PersonInImageWDetails><rdf:Bag><rdf:li>"
            "<rdf:Description><Iptc4xmpExt:PersonName>"
            f"{alt('Ann')}</Iptc4xmpExt:PersonName></rdf:Description></rdf:li></rdf:Bag>"
            "</Iptc4xmpExt:PersonInImageWDetails>"
        ),
        listed("digiKam:TagsList", "People/Ann"),
        listed("digiKam:TagsList", "Personen/Freunde/Ann"),
        listed("MicrosoftPhoto:LastKeywordXMP", "People/Ann"),
        listed("lr:hierarchicalSubject", "People|Ann"),
        listed("mediapro:CatalogSets", "People|Ann"),
        listed("dc:subject", "sea", "People|Ann"),
    ],
)
def test_lists_of_people_and_tags_under_people_name_somebody(body):
    facts = read_facts(packet(body))
    assert (facts.names, facts.problems) == (("Ann",), ())


@pytest.mark.parametrize("property_", ["digiKam:TagsList", "lr:hierarchicalSubject", "dc:subject"])
def test_a_keyword_is_no_person(property_):
    assert read_facts(packet(listed(property_, "Ann", "Places/Paris", "Places|Paris"))).names == ()


@pytest.mark.parametrize("nobody", ["_UNKNOWN_", "Unknown", "unconfirmed", "IGNORED", "f" * 16])
def test_other_programs_nobodies_are_nobody(nobody):
    body = mwg(mwg_item(*CENTRE, nobody)) + listed("Iptc4xmpExt:PersonInImage", nobody)
    facts = read_facts(packet(body + listed("digiKam:TagsList", f"People/{nobody}")))
    assert [region.name for region in facts.regions] == [""]
    assert facts.names == ()
    assert read_facts(image_region(RECTANGLE, name=nobody)).regions[0].name == ""
    assert read_facts(acdsee(area("DLYArea", CENTRE), name=nobody)).regions[0].name == ""


def mwg_area(fields, size=None):
    said = "" if size is None else dimensions(*size)
    each = "".join(f"<stArea:{k}>{v}</stArea:{k}>" for k, v in fields.items())
    return packet(
        f"<mwg-rs:Regions {RESOURCE}>{said}<mwg-rs:RegionList><rdf:Bag><rdf:li {RESOURCE}>"
        f"<mwg-rs:Name>Ann</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>"
        f"<mwg-rs:Area {RESOURCE}>{each}</mwg-rs:Area></rdf:li>"
        "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


@pytest.mark.parametrize("size", [(600, 400), (400, 600)])
@pytest.mark.parametrize("x", [0.3, 0.05])  # also at the edge
def test_a_circle_of_the_mwg_is_the_square_around_it_by_the_shorter_side(size, x):
    (ann,) = read_facts(mwg_area({"x": x, "y": 0.5, "d": 0.3, "unit": "normalized"})).regions
    assert (ann.name, measure_of(measured_text(ann.measure, "0"))) == ("Ann", ann.measure)
    width, height = size
    box = box_on(ann.box, ann.measure, size)
    assert (box.width * width, box.height * height) == pytest.approx((120, 120))
    assert box.center == pytest.approx((x, 0.5))
    applied = mwg_area({"x": x, "y": 0.5, "d": 0.3}, size)
    assert edges(read_facts(applied).regions[0].box) == pytest.approx(edges(clip_box(box)))


def test_a_point_of_the_mwg_waits_for_the_face_around_it():
    facts = read_facts(mwg_area({"x": 0.2, "y": 0.35, "unit": "normalized"}))
    (ann,) = facts.regions
    assert (ann.name, ann.measure, facts.problems) == ("Ann", "point", ())
    assert ann.box.center == pytest.approx((0.2, 0.35))


def test_half_an_area_is_a_problem():
    facts = read_facts(mwg_area({"x": 0.2, "y": 0.35, "w": 0.2, "unit": "normalized"}))
    assert (facts.regions, facts.names) == ((), ("Ann",))
    assert facts.problems == ("MWG region 1: its area is no rectangle",)


ANN_OF_MINE = "<my:Name>Ann</my:Name>"
RECTANGLE_OF_MINE = "<my:Rectangle>0,0,1,1</my:Rectangle>"


@pytest.mark.parametrize(
    "body",
    [
        (f"<my:Marks><rdf:Bag><rdf:li {RESOURCE}>{ANN_OF_MINE}{RECTANGLE_OF_MINE}</rdf:li>"
        "</rdf:Bag></my:Marks>"),
        '<my:Marks><rdf:Bag><rdf:li my:Title="Ann" my:x="0.1" my:y="0.2"/></rdf:Bag></my:Marks>',
        (f"<my:Marks><rdf:Seq><rdf:li><rdf:Description>{ANN_OF_MINE}<my:Bounds my:left='1'/>"
        "</rdf:Description></rdf:li></rdf:Seq></my:Marks>"),
        listed("my:People", "Ann"),
        listed("my:PersonsShown", "Ann"),
        "<my:FaceNames>Ann, Bob</my:FaceNames>",
        '<my:Persons><rdf:Bag><rdf:li my:DisplayName="Ann"/></rdf:Bag></my:Persons>',
        listed("Iptc4xmpExt:PersonsInPicture", "Ann"),
    ],
)  # fmt: skip
def test_people_in_properties_that_are_not_read_are_told(body):
    (problem,) = read_facts(packet(body)).problems
    assert problem.startswith("not understood: ")
    assert "seems to tell of people" in problem


def test_people_in_an_attribute_that_is_not_read_are_told():
    assert read_facts(packet("", ' my:People="Ann"')).problems == (
        "not understood: my:People seems to tell of people (1)",
    )
    assert read_facts(packet("", ' mediapro:People="Ann"')).names == ("Ann",)


@pytest.mark.parametrize(
    "body",
    [
        "<my:FaceCount>3</my:FaceCount><my:FacesDetected>True</my:FacesDetected>",
        '<my:Faces><rdf:Bag><rdf:li my:x="0.1" my:y="0.2" my:confidence="8"/></rdf:Bag></my:Faces>',
        '<my:Faces><rdf:Bag><rdf:li my:Name="" my:x="0.1" my:y="0.2"/></rdf:Bag></my:Faces>',
        listed("my:PersonIds", "ann-1"),
        listed("my:Keywords", "Ann"),
        f"<my:Place {RESOURCE}><my:Name>Paris</my:Name><my:Country>France</my:Country></my:Place>",
        "<my:People>_UNKNOWN_</my:People>",
    ],
)  # fmt: skip
def test_what_names_nobody_is_not_told(body):
    assert read_facts(packet(body)).problems == ()


def test_what_facedex_writes_is_understood():
    faces = [NamedFace("Ann", ANN)]
    for before in (None, acdsee(area("DLYArea", CENTRE)), image_region(RECTANGLE)):
        facts = read_facts(merge_faces(before, faces, SIZE))
        assert (facts.problems, [region.name for region in facts.regions]) == ((), ["Ann"])
