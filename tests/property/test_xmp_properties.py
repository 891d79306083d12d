import photos
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from xmp_packets import merge_faces

from facedex.geometry import box_to_stored, box_to_upright, iou
from facedex.imaging.hashes import image_hash
from facedex.types import Box, PhotoShape
from facedex.xmp.embedding import WRITABLE, embed_faces
from facedex.xmp.frames import place_regions
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts
from facedex.xmp.regions import clean_name
from facedex.xmp.tree import parse, serialise

cells = st.integers(0, 15)
orientations = st.integers(1, 8)
sides = st.integers(1, 20_000)
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)
names = texts.map(clean_name).filter(bool)


@st.composite
def faces(draw):
    """Up to six faces that do not overlap, each somewhere in its cell of a 4 x 4 grid; upright."""
    made = []
    for cell in draw(st.lists(cells, min_size=1, max_size=6, unique=True)):
        left, top = cell % 4 / 4, cell // 4 / 4
        x0, y0 = (draw(st.floats(0, 0.1)) for _ in range(2))
        w, h = (draw(st.floats(0.01, 0.14)) for _ in range(2))
        box = Box(left + x0, top + y0, left + x0 + w, top + y0 + h)
        made.append(NamedFace(draw(names), box))
    return made


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def assert_same(facts, wanted):
    assert facts.problems == ()
    assert len(facts.regions) == len(wanted)
    for face in wanted:
        best = max(facts.regions, key=lambda region: iou(region.box, face.box))
        assert best.name == face.name
        assert edges(best.box) == pytest.approx(edges(face.box), abs=2e-9)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(faces(), sides, sides, orientations)
def test_regions_survive_the_round_trip_in_every_orientation(upright, width, height, orientation):
    stored = [NamedFace(f.name, box_to_stored(f.box, orientation)) for f in upright]
    facts = read_facts(merge_faces(None, stored, (width, height)))
    assert_same(facts, stored)
    assert facts.applied_to == (width, height)
    placed = place_regions(facts, PhotoShape((width, height), orientation), [f.box for f in stored])
    for face in upright:
        shown = [box_to_upright(p.box, orientation) for p in placed]
        best = max(shown, key=lambda box: iou(box, face.box))
        assert edges(best) == pytest.approx(edges(face.box), abs=1e-8)


PHOTOS = {kind: photos.encoded(Image.new("RGB", (12, 8)), kind) for kind in sorted(WRITABLE)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(faces(), sides, sides, orientations, st.sampled_from(sorted(PHOTOS)))
def test_regions_survive_a_photos_own_file_in_every_orientation(
    upright, width, height, orientation, kind
):
    stored = [NamedFace(f.name, box_to_stored(f.box, orientation)) for f in upright]
    data, traces = embed_faces(PHOTOS[kind], stored, (width, height))
    facts = read_facts(data)
    assert_same(facts, stored)
    for face, placed in zip(
        upright, place_regions(facts, PhotoShape((width, height), orientation)), strict=True
    ):
        assert edges(box_to_upright(placed.box, orientation)) == pytest.approx(
            edges(face.box), abs=1e-6
        )
    gone = embed_faces(data, [], (width, height), traces).data
    assert read_facts(gone).regions == ()
    assert image_hash(gone, kind) == image_hash(PHOTOS[kind], kind)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(faces(), faces())
def test_merging_twice_is_merging_once_and_loses_nobody(first, second):
    assume(all(iou(a.box, b.box) == 0 or a.name == b.name for a in first for b in second))
    packet = merge_faces(None, first, (600, 400))
    merged = merge_faces(packet, second, (600, 400))
    assert merge_faces(merged, second, (600, 400)) == merged
    told = {region.name for region in read_facts(merged).regions}
    assert told == {face.name for face in [*first, *second]}
    assert set(read_facts(merged).keywords) <= told


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data):
    read_facts(data)
    read_facts(b"<" + data)
    read_facts(b"\xff\xd8" + data)
    read_facts(b"II*\0" + data)
    read_facts(data[:4] + b"ftypheic" + data[4:])


@settings(deadline=None)
@given(texts.map(clean_name), texts.map(clean_name))
def test_what_is_serialised_is_parsed_alike(text, attribute):
    data = merge_faces(None, [NamedFace(text or "A", Box(0, 0, 1, 1))], (1, 1))
    document = parse(data)
    document.root.attributes["my"] = attribute
    again = parse(serialise(document.root, document.prefixes)).root
    assert flat(again) == flat(document.root)


def flat(element):
    children = [flat(child) for child in element.children]
    return (element.name, element.attributes, element.text, element.tail, children)
