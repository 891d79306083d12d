"""What facedex wrote comes out again; what others wrote stays, whatever came between."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xmp_packets import (
    ANN,
    BOB,
    DIALECTS,
    DIGIKAM,
    EXIFTOOL,
    NAMESPACES,
    SIZE,
    listed,
    merge_faces,
    mp,
    mwg,
    mwg_item,
    packet,
)

from facedex.types import Box
from facedex.xmp.editing import UnmergeableError
from facedex.xmp.merging import NEW_PACKET, NamedFace, is_outdated, update_packet
from facedex.xmp.rdf import properties, texts
from facedex.xmp.reading import read_facts
from facedex.xmp.regions import XmpRegion
from facedex.xmp.schemas import clark
from facedex.xmp.traces import NO_TRACES, RegionTrace, TextTrace, Traces, from_json, to_json
from facedex.xmp.tree import parse

CY = NamedFace("Cy", Box(0.8, 0.1, 0.9, 0.3))
DEE = NamedFace("Dee", Box(0.05, 0.7, 0.2, 0.95))
ANN_FACE = NamedFace("Ann Lee", ANN)
LISTS = (
    "Iptc4xmpExt:PersonInImage",
    "dc:subject",
    "digiKam:TagsList",
    "MicrosoftPhoto:LastKeywordXMP",
    "lr:hierarchicalSubject",
)


def said(xmp):
    """Everything of people that a packet says."""
    facts = read_facts(xmp)
    root = parse(xmp).root
    lists = {}
    for name in LISTS:
        prefix, local = name.split(":")
        found = properties(root, clark(NAMESPACES[prefix], local))
        lists[name] = sorted(t for p in found for t in texts(p))
    return set(facts.regions), facts.n_other_regions, lists


@pytest.mark.parametrize("before", [None, *DIALECTS.values(), packet("<my:a>1</my:a>")])
def test_all_taken_back_leaves_the_packet_as_it_was(before):
    update = update_packet(before, [CY, DEE], SIZE)
    assert {region.name for region in read_facts(update.packet).regions} >= {"Cy", "Dee"}
    after, traces = update_packet(update.packet, [], SIZE, update.traces)
    assert traces == NO_TRACES
    assert said(after) == said(before or NEW_PACKET)
    assert b"Cy" not in after
    assert b"Dee" not in after
    if before is None:
        assert after == NEW_PACKET


@pytest.mark.parametrize(
    "before", [None, packet("<my:a>1</my:a>"), packet(listed("dc:subject", "sea"))]
)
def test_a_packet_without_faces_of_others_comes_back_byte_by_byte(before):
    update = update_packet(before, [CY], SIZE)
    after, _traces = update_packet(update.packet, [], SIZE, update.traces)
    if before and b"sea" in before:  # the list was written anew, with what it held
        assert said(after) == said(before)
    else:
        assert after == (before or NEW_PACKET)


@pytest.mark.parametrize("before", [None, *DIALECTS.values()])
def test_one_of_two_is_taken_back(before):
    update = update_packet(before, [CY, DEE], SIZE)
    after = update_packet(update.packet, [DEE], SIZE, update.traces)
    assert said(after.packet) == said(merge_faces(before, [DEE], SIZE))
    assert update_packet(after.packet, [DEE], SIZE, after.traces) == after


def test_without_traces_nothing_is_taken_out():
    xmp = merge_faces(None, [CY], SIZE)
    assert update_packet(xmp, [], SIZE) == (xmp, NO_TRACES)


def test_what_is_there_already_is_not_facedexs():
    update = update_packet(DIGIKAM, [ANN_FACE], SIZE)
    assert update.traces.regions == ()
    own = {trace.listed.rpartition("}")[2] for trace in update.traces.texts}
    assert own == {"PersonInImage", "LastKeywordXMP", "hierarchicalSubject", "CatalogSets"}
    # its region says the name still, and nobody knows who relies on the texts by now
    after, _traces = update_packet(update.packet, [], SIZE, update.traces)
    assert said(after) == said(update.packet)


def test_a_renamed_region_of_others_gets_its_name_and_keywords_back():
    update = update_packet(DIGIKAM, [NamedFace("Anna", ANN)], SIZE)
    regions, _n, lists = said(update.packet)
    assert {region.name for region in regions} == {"Anna", "Bob Ray"}
    assert lists["dc:subject"] == ["Anna", "Bob Ray", "Oslo"]
    assert "People/Ann Lee" not in lists["digiKam:TagsList"]
    again = update_packet(update.packet, [NamedFace("Annie", ANN)], SIZE, update.traces)
    assert b"Anna" not in again.packet
    after, traces = update_packet(again.packet, [], SIZE, again.traces)
    assert said(after) == said(DIGIKAM)
    assert traces == NO_TRACES


def test_a_region_of_others_without_a_name_loses_the_name_again():
    before = packet(mwg(mwg_item(0.2, 0.35, 0.2, 0.3)) + mp(("0.1, 0.2, 0.2, 0.3", None)))
    update = update_packet(before, [NamedFace("Anna", ANN)], SIZE)
    after, _traces = update_packet(update.packet, [], SIZE, update.traces)
    assert said(after) == said(before)
    assert b"Anna" not in after
    assert b"<mwg-rs:Name" not in after
    assert b"PersonDisplayName" not in after


def test_the_box_of_others_comes_back():
    head = packet(mwg(mwg_item(0.2, 0.33, 0.3, 0.5, "Ann Lee")))
    update = update_packet(head, [ANN_FACE], SIZE)
    assert said(update.packet)[0] == said(merge_faces(None, [ANN_FACE], SIZE))[0]
    after, _traces = update_packet(update.packet, [], SIZE, update.traces)
    assert said(after)[0] == said(head)[0]


def test_a_keyword_of_others_stays_when_the_region_goes():
    before = packet(listed("dc:subject", "Cy", "sea") + listed("digiKam:TagsList", "People/Cy"))
    update = update_packet(before, [CY], SIZE)
    for later in ([], [NamedFace("Kai", CY.box)]):
        after, _traces = update_packet(update.packet, later, SIZE, update.traces)
        lists = said(after)[2]
        assert "Cy" in lists["dc:subject"]
        assert "People/Cy" in lists["digiKam:TagsList"]
        assert "Cy" not in lists["Iptc4xmpExt:PersonInImage"]


def test_a_name_that_others_gave_to_another_region_stays():
    update = update_packet(None, [CY], SIZE)
    by_others = merge_faces(update.packet, [NamedFace("Cy", BOB)], SIZE)
    after, _traces = update_packet(by_others, [], SIZE, update.traces)
    regions, _n, lists = said(after)
    assert len(regions) == 1
    assert lists["dc:subject"] == ["Cy"]
    assert lists["digiKam:TagsList"] == ["People/Cy"]


@pytest.mark.parametrize("box", [Box(0.81, 0.12, 0.91, 0.32), Box(0.3, 0.6, 0.4, 0.8)])
def test_a_moved_box_leaves_none_behind(box):
    update = update_packet(EXIFTOOL, [CY], SIZE)
    after = update_packet(update.packet, [NamedFace("Cy", box)], SIZE, update.traces)
    found = [region for region in read_facts(after.packet).regions if region.name == "Cy"]
    assert [region.box.x0 for region in found] == [pytest.approx(box.x0)]
    assert len(after.traces.regions) == 2  # in each schema
    assert said(after.packet) == said(merge_faces(EXIFTOOL, [NamedFace("Cy", box)], SIZE))


def test_a_region_that_another_program_changed_is_theirs_now():
    update = update_packet(None, [CY], SIZE)
    renamed = update.packet.replace(b">Cy<", b">Cyrus<")
    after, traces = update_packet(renamed, [], SIZE, update.traces)
    assert [region.name for region in read_facts(after).regions] == ["Cyrus"]
    assert traces.regions == ()


def test_a_region_that_another_program_rounded_is_still_facedexs():
    update = update_packet(None, [NamedFace("Cy", Box(0.8, 0.1, 0.9001, 0.3))], SIZE)
    rounded = update.packet.replace(b"0.85005", b"0.85").replace(b"0.1001", b"0.1")
    assert rounded != update.packet
    after, _traces = update_packet(rounded, [], SIZE, update.traces)
    assert read_facts(after).regions == ()


@pytest.mark.parametrize("box", [BOB, CY.box])
def test_a_picture_of_another_shape_loses_facedexs_regions_and_takes_new_ones(box):
    update = update_packet(None, [CY, DEE], SIZE)
    after, traces = update_packet(update.packet, [NamedFace("Cy", box)], (300, 400), update.traces)
    facts = read_facts(after)
    assert [(region.name, facts.applied_to) for region in facts.regions] == [("Cy", (300, 400))]
    assert {trace.region.name for trace in traces.regions} == {"Cy"}
    with_others = merge_faces(update.packet, [ANN_FACE], SIZE)
    with pytest.raises(UnmergeableError, match="300 x 400 but 600 x 400"):
        update_packet(with_others, [CY], (300, 400), update.traces)
    only_others, _traces = update_packet(with_others, [], (300, 400), update.traces)
    assert [region.name for region in read_facts(only_others).regions] == ["Ann Lee"]


def test_a_path_below_a_group_counts_as_the_persons():
    before = packet(
        listed("digiKam:TagsList", "People/Family/Cy", array="Seq")
        + listed("lr:hierarchicalSubject", "people|Crew|Cy", "Places|Cy")
        + listed("MicrosoftPhoto:LastKeywordXMP", "Places/Cy", "People")
    )
    after, traces = update_packet(before, [CY], SIZE)
    lists = said(after)[2]
    assert lists["digiKam:TagsList"] == ["People/Family/Cy"]
    assert lists["lr:hierarchicalSubject"] == ["Places|Cy", "people|Crew|Cy"]
    assert lists["MicrosoftPhoto:LastKeywordXMP"] == ["People", "People/Cy", "Places/Cy"]
    assert said(update_packet(after, [], SIZE, traces).packet) == said(before)


def test_digikams_own_root_in_another_language_is_kept_to():
    tags = listed("digiKam:TagsList", "Personen/Ann Lee", "Orte/Cy", array="Seq")
    before = packet(mwg(mwg_item(0.2, 0.35, 0.2, 0.3, "Ann Lee")) + tags)
    after, _traces = update_packet(before, [ANN_FACE, CY], SIZE)
    assert said(after)[2]["digiKam:TagsList"] == ["Orte/Cy", "People/Cy", "Personen/Ann Lee"]


def test_outdated_is_what_is_no_longer_among_the_faces():
    traces = update_packet(None, [CY, DEE], SIZE).traces
    assert not is_outdated(traces, [DEE, CY, ANN_FACE])
    assert not is_outdated(NO_TRACES, [])
    assert is_outdated(traces, [CY])
    assert is_outdated(traces, [CY, NamedFace("Dee", BOB)])
    assert is_outdated(traces, [CY, NamedFace("Eve", DEE.box)])


names = st.sampled_from(["Ada", "Bob", "Cy", "Dee", "A/B", "C|D"])
cells = st.integers(0, 8)


@st.composite
def albums(draw):
    found = draw(st.dictionaries(cells, names, max_size=5))
    return [
        NamedFace(name, Box(c % 3 / 3 + 0.02, c // 3 / 3 + 0.02, c % 3 / 3 + 0.3, c // 3 / 3 + 0.3))
        for c, name in found.items()
    ]


def shown(xmp):
    regions, n_others, lists = said(xmp)
    # others' paths under a group stand for the person's own
    return {(r.name, round(r.box.x0, 6), round(r.box.y0, 6)) for r in regions}, n_others, lists


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.none() | albums(), st.lists(albums(), min_size=1, max_size=4))
def test_however_names_change_others_names_and_only_true_ones_remain(others, history):
    before = None if others is None else merge_faces(None, others, SIZE)
    xmp, traces = before, NO_TRACES
    for faces in history:
        xmp, traces = update_packet(xmp, faces, SIZE, traces)
        assert update_packet(xmp, faces, SIZE, traces) == (xmp, traces)
        assert from_json(to_json(traces)) == traces
        told = {(region.name, round(region.box.x0, 6)) for region in read_facts(xmp).regions}
        assert told >= {(face.name, round(face.box.x0, 6)) for face in faces}
    gone, traces = update_packet(xmp, [], SIZE, traces)
    assert shown(gone) == shown(before or NEW_PACKET)
    assert traces == NO_TRACES


def test_traces_of_two_are_joined_without_doubles():
    region = RegionTrace(XmpRegion(ANN, "Ann", "mwg"), XmpRegion(BOB, "", "mwg"))
    one = Traces((region,), (TextTrace("a", "b"),))
    other = Traces((region,), (TextTrace("a", "b", is_removed=True),))
    assert one | other == Traces((region,), (*one.texts, *other.texts))
    assert from_json(to_json(one | other)) == one | other
