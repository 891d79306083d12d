"""Regions are placed on their own faces or nowhere, whatever became of the picture since."""

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from facedex.geometry import box_in_part, box_to_stored, clip_box
from facedex.naming.placing import place_by_faces
from facedex.naming.readings import Claim, Reading, Written
from facedex.naming.same_face import is_on_face
from facedex.types import Box, NoPlace, Place, WithoutFace

SIZE = (3000, 2000)
CLAIMS = [Claim.FITS, Claim.OPEN, Claim.OTHER]
# photos are made from seeds: hypothesis looks for lattices, in which everything lies on something
BOUNDED = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)


@st.composite
def faces(draw, least=1, most=7):
    """Faces of about one size that do not overlap, as a detector finds them."""
    rng = random.Random(draw(st.integers(0, 10_000)))
    side = rng.uniform(0.04, 0.17)
    cells = [(x, y) for x in range(5) for y in range(5)]
    found = []
    for x, y in rng.sample(cells, rng.randint(least, most)):
        own = side * rng.uniform(0.85, 1.15)
        dx, dy = (rng.uniform(0, 0.2 - own) for _ in range(2))
        found.append(Box(x / 5 + dx, y / 5 + dy, x / 5 + dx + own, y / 5 + dy + own))
    return found


def drawn(face, loose):
    """What a person draws around a face."""
    wide, high = face.width * loose / 2, face.height * loose / 2
    x, y = face.center
    return Box(x - wide, y - high, x + wide, y + high)


def written(boxes, claim, picture=None):
    boxes = tuple(boxes)
    return Written(claim, (Reading("claimed", boxes),), boxes, {}, picture)


def named(places, detected):
    """Return which face each region would name, and those that would become faces of their own."""
    on, alone = {}, []
    for index, place in enumerate(places):
        if isinstance(place, Place):
            faces_under = [f for f, face in enumerate(detected) if is_on_face(place.box, face)]
            if faces_under:
                on[index] = faces_under
            else:
                alone.append(index)
    return on, alone


def n_explained(boxes, detected):
    return sum(any(is_on_face(box, face) for face in detected) for box in boxes)


@BOUNDED
@given(faces(), st.sampled_from(CLAIMS), st.floats(1, 1.5), st.data())
def test_what_lies_on_its_faces_stays_there(found, claim, loose, data):
    n_named = data.draw(st.integers(1, len(found)))
    places = place_by_faces(
        written([drawn(face, loose) for face in found[:n_named]], claim), found, SIZE
    )
    on, alone = named(places, found)
    assert alone == []
    for index, under in on.items():
        assert index in under
    if claim is not Claim.OTHER:
        assert len(on) == n_named


@BOUNDED
@given(faces(), st.integers(1, 8), st.sampled_from(CLAIMS), st.floats(1, 1.4), st.data())
def test_regions_of_a_picture_that_was_turned_since_name_their_own_faces_or_nobody(
    found, orientation, claim, loose, data
):
    n_named = data.draw(st.integers(1, len(found)))
    now = [drawn(face, loose) for face in found[:n_named]]
    before = [box_to_stored(box, orientation) for box in now]
    # what explains as much as the truth cannot be told from it
    assume(orientation == 1 or n_explained(before, found) < n_named)
    on, _alone = named(place_by_faces(written(before, claim), found, SIZE), found)
    for index, under in on.items():
        assert index in under


@BOUNDED
@given(faces(least=2), st.randoms(use_true_random=False))
def test_regions_of_the_whole_picture_in_a_crop_name_their_own_faces_or_nobody(found, rng):
    """The document says of which picture its regions are."""
    x0, y0 = rng.uniform(0, 0.4), rng.uniform(0, 0.4)
    part = Box(x0, y0, rng.uniform(x0 + 0.3, 1), rng.uniform(y0 + 0.3, 1))
    inside = [box_in_part(face, part) for face in found]
    kept = [index for index, box in enumerate(inside) if clip_box(box) == box]
    assume(len(kept) >= 2)
    detected = [inside[index] for index in kept]
    size = (round(SIZE[0] * part.width), round(SIZE[1] * part.height))
    places = place_by_faces(written(found, Claim.OTHER, SIZE), detected, size)
    on, _alone = named(places, detected)
    assert all(kept[face] == index for index, under in on.items() for face in under)


@BOUNDED
@given(faces(least=2), st.randoms(use_true_random=False))
def test_regions_of_a_part_name_their_own_faces_in_the_whole_or_nobody(found, rng):
    x0, y0 = rng.uniform(0, 0.4), rng.uniform(0, 0.4)
    part = Box(x0, y0, rng.uniform(x0 + 0.3, 1), rng.uniform(y0 + 0.3, 1))
    inside = {i: box_in_part(face, part) for i, face in enumerate(found)}
    drawn_on = {i: box for i, box in inside.items() if clip_box(box) == box}
    assume(len(drawn_on) >= 2)
    size = (round(SIZE[0] * part.width), round(SIZE[1] * part.height))
    places = place_by_faces(written(drawn_on.values(), Claim.OTHER, size), found, SIZE)
    on, _alone = named(places, found)
    assert all(list(drawn_on)[index] in under for index, under in on.items())


def test_two_regions_in_a_crop_are_found_by_their_faces():
    """So that the properties do not hold because nobody is ever placed."""
    whole = [Box(0.2, 0.3, 0.3, 0.45), Box(0.6, 0.35, 0.7, 0.5)]
    part = Box(0.15, 0.2, 0.85, 0.9)
    detected = [box_in_part(face, part) for face in whole]
    places = place_by_faces(written(whole, Claim.OTHER, SIZE), detected, (2100, 1400))
    assert [(place.frame, place.evidence) for place in places] == [
        ("cropped", "2 of 2 on faces")
    ] * 2
    assert named(places, detected) == ({0: [0], 1: [1]}, [])


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("claim", [Claim.FITS, Claim.OPEN])
def test_one_region_is_turned_with_its_picture_where_few_are_on_it(orientation, claim):
    face = Box(0.62, 0.1, 0.8, 0.31)
    before = [box_to_stored(face, orientation)]
    (place,) = place_by_faces(written(before, claim), [face], SIZE)
    assert is_on_face(place.box, face)
    assert place.evidence == "1 of 1 on faces"


def test_one_region_in_a_crowd_lies_on_somebody_too_easily():
    """Turned by half it would be another's: nobody knows, and the name is the photo's."""
    crowd = [Box(x / 10, y, x / 10 + 0.06, y + 0.09) for x in range(8) for y in (0.3, 0.61)]
    missed = Box(0.94, 0.3, 1.0, 0.39)
    (place,) = place_by_faces(written([missed], Claim.FITS), crowd, SIZE)
    assert place == NoPlace("claimed", "0 of 1 on faces, 1 if turned 180")


def test_of_two_drawn_in_one_place_both_are_placed():
    face, other = Box(0.2, 0.2, 0.4, 0.4), Box(0.6, 0.2, 0.8, 0.4)
    places = place_by_faces(written([face, face, other], Claim.FITS), [face, other], SIZE)
    assert [place.box for place in places] == [face, face, other]
    assert {place.without_face for place in places} == {WithoutFace.DRAW}


def test_a_claim_that_most_of_its_regions_refute_names_nobody_by_the_rest():
    """Seven were named, and where six of them should be the detector sees nothing at all."""
    regions = [Box(x / 8, y, x / 8 + 0.08, y + 0.1) for x in range(1, 4) for y in (0.1, 0.5)]
    stray = Box(0.7, 0.75, 0.78, 0.85)
    places = place_by_faces(written([stray, *regions], Claim.FITS), [stray], SIZE)
    assert isinstance(places[0], NoPlace)
    assert {place.without_face for place in places[1:]} == {WithoutFace.DRAW_IF_SEEN}


FACE, ELSEWHERE = Box(0.2, 0.3, 0.3, 0.45), Box(0.6, 0.5, 0.7, 0.65)
OF_PARTS = [(Claim.OPEN, None), (Claim.FITS, (SIZE[0] * 2, SIZE[1] * 2))]


def placed_beside(region, claim, picture, **facts):
    """Return the places of a region on the only face that was found, and of one on nothing."""
    boxes = (region, ELSEWHERE)
    document = Written(claim, (Reading("claimed", boxes),), boxes, {}, picture, **facts)
    return place_by_faces(document, [FACE], SIZE)


@pytest.mark.parametrize(("claim", "picture"), OF_PARTS)
def test_a_small_region_on_a_face_beside_one_on_nothing_names_nobody(claim, picture):
    """In a crop faces are larger than the regions of the whole picture."""
    on_face, on_nothing = placed_beside(drawn(FACE, 0.65), claim, picture)
    assert isinstance(on_face, NoPlace)
    assert on_nothing.without_face is WithoutFace.DRAW_IF_SEEN


@pytest.mark.parametrize(("claim", "picture"), OF_PARTS)
def test_a_region_around_a_face_names_it_beside_one_on_nothing(claim, picture):
    on_face, on_nothing = placed_beside(drawn(FACE, 1.1), claim, picture)
    assert is_on_face(on_face.box, FACE)
    assert on_nothing.without_face is WithoutFace.DRAW_IF_SEEN


def test_regions_of_this_very_picture_are_drawn_where_no_face_was_found():
    on_face, on_nothing = placed_beside(drawn(FACE, 0.65), Claim.FITS, SIZE)
    assert is_on_face(on_face.box, FACE)
    assert on_nothing.without_face is WithoutFace.DRAW


def test_numbers_that_fit_no_size_of_the_picture_name_no_face_beside_one_on_nothing():
    on_face, _on_nothing = placed_beside(drawn(FACE, 1.1), Claim.OPEN, None, is_misfit=True)
    assert isinstance(on_face, NoPlace)


def test_two_regions_on_one_face_are_no_doubt():
    boxes = (drawn(FACE, 1.1), drawn(FACE, 1.2))
    document = Written(Claim.OPEN, (Reading("claimed", boxes),), boxes, {}, is_misfit=True)
    places = place_by_faces(document, [FACE], SIZE)
    assert all(is_on_face(place.box, FACE) for place in places)


def test_a_crop_that_explains_more_is_a_doubt_where_half_of_the_regions_lie_on_nothing():
    """The number of the one lies on the face of the other."""
    whole = [Box(0.569, 0.263, 0.671, 0.406), Box(0.378, 0.298, 0.473, 0.43)]
    part = Box(0.3647, 0.0433, 0.9647, 0.8433)
    others = [Box(0.1, 0.1, 0.2, 0.25), Box(0.8, 0.7, 0.9, 0.85), Box(0.1, 0.7, 0.2, 0.85)]
    detected = [*(box_in_part(face, part) for face in whole), *others]
    assert is_on_face(whole[1], detected[0])
    places = place_by_faces(written(whole, Claim.OPEN), detected, (1800, 1600))
    on, _alone = named(places, detected)
    assert all(index in under for index, under in on.items())


@pytest.mark.parametrize(
    ("who", "part"),
    [
        ((3, 4), Box(0.162, 0.143, 0.892, 0.763)),
        ((3, 4), Box(0.1, 0.185, 0.91, 0.685)),
        ((2, 1), Box(0.425, 0.12, 0.915, 0.76)),
        ((2, 1), Box(0.378, 0.187, 0.958, 0.657)),
    ],
)
def test_regions_of_another_picture_that_lie_on_their_neighbours_faces_name_nobody(who, part):
    """Of a row of people, each region lies on the face beside its own, by chance."""
    lefts_and_tops = ((0.33, 0.38), (0.5, 0.36), (0.66, 0.34), (0.7, 0.33), (0.745, 0.32))
    row = [Box(x, y, x + 0.04, y + 0.06) for x, y in lefts_and_tops]
    detected = [face for one in row if clip_box(face := box_in_part(one, part)) == face]
    regions = [row[index] for index in who]
    assert n_explained(regions, detected) == len(regions)
    size = (round(SIZE[0] * part.width), round(SIZE[1] * part.height))
    places = place_by_faces(written(regions, Claim.OTHER, SIZE), detected, size)
    assert named(places, detected) == ({}, [])
