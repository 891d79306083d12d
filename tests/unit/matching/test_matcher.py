import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.matcher import Match, suggest
from facedex.matching.metric import element_weights
from facedex.matching.thresholds import GroupRule, Thresholds

ONE_CUT = Thresholds((1,), (0.5,), GroupRule.average_linkage(0.5))


def on_line(*positions):
    """Encodings on a line, so that distances can be read off."""
    return np.array([[position, 0.0] for position in positions], np.float32).reshape(-1, 2)


def match_line(faces, photos, centroids, people, **options):
    options.setdefault("thresholds", ONE_CUT)
    return suggest(
        on_line(*faces),
        np.array(photos),
        on_line(*centroids),
        np.array(people),
        np.array(options.pop("n_labels", [1] * len(people))),
        **options,
    )


def pairs_of(matches):
    return {(match.face_index, match.person_id) for match in matches}


def test_nearest_person_below_the_cut_is_suggested_with_its_distance():
    (match,) = match_line([0.25], [1], [0.0, 1.0], [10, 20])
    assert match == Match(0, 10, 0, pytest.approx(0.25))


def test_cut_itself_is_near_enough_and_beyond_is_not():
    assert pairs_of(match_line([0.5, 0.5001], [1, 2], [0.0], [10])) == {(0, 10)}


def test_cluster_and_person_zero_match_like_others():
    assert match_line([0.0], [0], [0.0], [0]) == [Match(0, 0, 0, 0.0)]


def test_nothing_to_match_gives_nothing():
    assert match_line([], [], [0.0], [1]) == []
    assert match_line([0.0], [1], [], []) == []


def test_best_cluster_of_a_person_counts():
    (match,) = match_line([0.3], [1], [0.0, 0.2, 0.9], [10, 10, 10])
    assert (match.cluster_index, match.distance) == (1, pytest.approx(0.1))


def test_same_person_is_not_proposed_twice_on_a_photo():
    matches = match_line([0.1, 0.2], [1, 1], [0.0], [10])
    assert pairs_of(matches) == {(0, 10)}


def test_same_person_is_proposed_on_two_photos():
    assert pairs_of(match_line([0.1, 0.2], [1, 2], [0.0], [10])) == {(0, 10), (1, 10)}


def test_other_face_of_the_photo_gets_its_second_choice():
    matches = match_line([0.05, 0.1], [1, 1], [0.0, 0.4], [10, 20])
    assert pairs_of(matches) == {(0, 10), (1, 20)}


def test_sure_match_is_not_given_up_for_two_doubtful_ones():
    # 0: 0.02 from person 10 and 0.48 from 20; 1: 0.47 from person 10, too far from 20
    matches = match_line([0.0, -0.49], [1, 1], [-0.02, 0.48], [10, 20])
    assert pairs_of(matches) == {(0, 10)}


def test_confirmed_person_of_the_photo_is_not_proposed():
    matches = match_line([0.1, 0.1], [1, 2], [0.0, 0.3], [10, 20], taken={(1, 10)})
    assert pairs_of(matches) == {(0, 20), (1, 10)}


def test_rejected_person_is_not_proposed_whatever_the_cluster():
    matches = match_line([0.1, 0.1], [1, 2], [0.0, 0.12, 0.4], [10, 10, 20], rejected={(0, 10)})
    assert pairs_of(matches) == {(0, 20), (1, 10)}


def test_cut_goes_by_the_labels_of_the_cluster():
    cuts = Thresholds((1, 8), (0.5, 0.3), GroupRule.average_linkage(0.5))
    faces = {"faces": [0.4], "photos": [1], "centroids": [0.0], "people": [10]}
    assert pairs_of(match_line(**faces, n_labels=[1], thresholds=cuts)) == {(0, 10)}
    assert match_line(**faces, n_labels=[8], thresholds=cuts) == []


def test_equal_distances_go_to_the_lower_person_then_the_lower_cluster():
    (match,) = match_line([0.0], [1], [0.25, -0.25, 0.25], [30, 20, 20])
    assert (match.person_id, match.cluster_index) == (20, 1)


def test_face_that_is_not_finite_matches_nobody_and_harms_nobody():
    faces = on_line(np.nan, 0.0, np.inf)
    matches = suggest(
        faces, np.array([1, 1, 1]), on_line(0.1), np.array([10]), np.array([1]), thresholds=ONE_CUT
    )
    assert pairs_of(matches) == {(1, 10)}


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match="one photo for each face"):
        match_line([0.0], [1, 2], [0.0], [10])
    with pytest.raises(ValueError, match="one person and one count"):
        match_line([0.0], [1], [0.0], [10, 20])


def test_weights_reach_the_distance():
    weights = np.array([0.25, 1.75], np.float32)
    (match,) = match_line([0.6], [1], [0.0], [10], weights=weights)
    assert match.distance == pytest.approx(0.3)


def test_known_people_are_found_and_strangers_left_alone(make_faces):
    encodings, people = make_faces(30, 12)
    weights = element_weights(encodings)
    known = people < 20
    labelled = known & (np.arange(len(people)) % 12 < 3)
    centroids = np.array([encodings[labelled & (people == p)].mean(axis=0) for p in range(20)])
    todo = np.flatnonzero(~labelled)
    matches = suggest(
        encodings[todo],
        todo,
        centroids.astype(np.float32),
        np.arange(20),
        np.full(20, 3),
        weights=weights,
    )
    found = {int(todo[match.face_index]): match.person_id for match in matches}
    assert found == {int(i): int(people[i]) for i in todo if known[i]}


def scene(seed, n_faces=40, n_clusters=12):
    rng = np.random.default_rng(seed)
    return {
        "encodings": rng.uniform(0, 1, size=(n_faces, 3)).astype(np.float32),
        "photo_ids": rng.integers(0, 10, size=n_faces),
        "centroids": rng.uniform(0, 1, size=(n_clusters, 3)).astype(np.float32),
        "cluster_person": rng.integers(0, 7, size=n_clusters),
        "n_labels": rng.integers(1, 9, size=n_clusters),
    }


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_rules_hold_in_any_scene(seed):
    rng = np.random.default_rng(seed)
    given_scene = scene(seed)
    taken = {(int(p), int(q)) for p, q in rng.integers(0, 10, size=(8, 2))}
    rejected = {(int(f), int(q)) for f, q in rng.integers(0, 10, size=(8, 2))}
    matches = suggest(**given_scene, taken=taken, rejected=rejected)
    photos = given_scene["photo_ids"]
    on_photo = [(int(photos[match.face_index]), match.person_id) for match in matches]
    assert len(set(on_photo)) == len(on_photo)
    assert not set(on_photo) & taken
    assert not pairs_of(matches) & rejected
    assert [match.face_index for match in matches] == sorted({m.face_index for m in matches})


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_order_of_faces_and_clusters_and_the_block_change_no_match(seed, block):
    rng = np.random.default_rng(seed)
    before = scene(seed)
    faces, clusters = rng.permutation(40), rng.permutation(12)
    after = {
        "encodings": before["encodings"][faces],
        "photo_ids": before["photo_ids"][faces],
        "centroids": before["centroids"][clusters],
        "cluster_person": before["cluster_person"][clusters],
        "n_labels": before["n_labels"][clusters],
    }
    found = {
        (int(faces[m.face_index]), m.person_id, int(clusters[m.cluster_index]), m.distance)
        for m in suggest(**after, block=block)
    }
    assert found == {
        (m.face_index, m.person_id, m.cluster_index, m.distance) for m in suggest(**before)
    }


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_a_photo_is_settled_as_well_as_trying_everything(seed):
    rng = np.random.default_rng(seed)
    faces, centroids = rng.uniform(0, 1, size=4), rng.uniform(0, 1, size=4)
    matches = match_line(faces, [1] * 4, centroids, range(4))
    gain = np.maximum(0.5 - np.abs(faces[:, None] - centroids[None]), 0)
    best = max(sum(gain[range(4), order]) for order in itertools.permutations(range(4)))
    assert sum(0.5 - match.distance for match in matches) == pytest.approx(best, abs=1e-5)
