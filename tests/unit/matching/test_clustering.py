import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.matching.centroids import build_centroids, to_table
from facedex.matching.clustering import ALONE, group_unknown
from facedex.matching.metric import element_weights


def on_line(*positions):
    return np.array([[position, 0.0] for position in positions], np.float32).reshape(-1, 2)


def group_line(faces, *, existing=(), photos=None, cut=0.2, attach=0.3, **options):
    photos = np.arange(len(faces)) if photos is None else np.array(photos)
    return group_unknown(
        on_line(*faces), None, on_line(*existing), cut, attach, photos, **options
    ).tolist()


def test_groups_are_numbered_by_first_face_and_lone_faces_are_not_grouped():
    assert group_line([5.0, 1.0, 9.0, 1.1, 5.1]) == [0, 1, ALONE, 1, 0]


def test_face_near_an_existing_cluster_joins_it():
    assert group_line([0.2, 3.0, 3.1, 7.1], existing=[7.0, 0.0]) == [1, 2, 2, 0]


def test_nearest_of_several_clusters_is_joined():
    assert group_line([0.2], existing=[0.0, 0.25]) == [1]


def test_face_beyond_the_attach_cut_stays_alone():
    assert group_line([0.31], existing=[0.0]) == [ALONE]


def test_two_faces_of_a_photo_never_share_a_cluster():
    assert group_line([0.0, 0.02, 0.1, 0.0], photos=[1, 2, 2, 3]) == [0, 0, ALONE, 0]
    assert group_line([0.0, 0.01], photos=[1, 1]) == [ALONE, ALONE]


def test_face_that_must_leave_goes_to_its_next_best_group():
    faces = [0.0, 0.0, 0.05, 0.3, 0.3]
    assert group_line(faces, photos=[1, 2, 2, 3, 4], cut=0.1, attach=0.3) == [0, 0, 1, 1, 1]


def test_second_face_of_a_photo_does_not_join_the_same_existing_cluster():
    assert group_line([0.1, 0.2], existing=[0.0], photos=[1, 1]) == [0, ALONE]


def test_photo_that_the_cluster_already_holds_is_kept_out():
    assert group_line([0.1, 0.1], existing=[0.0], photos=[1, 2], taken={(1, 0)}) == [ALONE, 0]


def test_nothing_and_broken_faces():
    assert group_line([]) == []
    assert group_line([np.nan, 0.0, 0.0, np.inf], existing=[5.0]) == [ALONE, 1, 1, ALONE]
    with pytest.raises(ValueError, match="one photo for each face"):
        group_line([0.0], photos=[1, 2])


def test_people_become_groups_with_weights(make_faces):
    encodings, people = make_faces(40, 6)
    labels = group_unknown(
        encodings,
        element_weights(encodings),
        np.empty((0, 128), np.float32),
        0.6,
        0.45,
        np.arange(len(people)),
    )
    assert labels.tolist() == people.tolist()


def grow_by(encodings, photos, batch, **options):
    """Pass the faces in batches; yield all labels after each."""
    labels = np.full(len(encodings), ALONE)
    for end in range(batch, len(encodings) + batch, batch):
        table = to_table(build_centroids(encodings, labels), encodings.shape[1])
        assert table.cluster_ids.tolist() == list(range(len(table.cluster_ids)))
        todo = np.flatnonzero(labels[:end] == ALONE)
        held = np.flatnonzero(labels != ALONE)
        labels[todo] = group_unknown(
            encodings[todo],
            None,
            table.means,
            0.6,
            0.45,
            photos[todo],
            taken={(int(photos[i]), int(labels[i])) for i in held},
            **options,
        )
        yield labels.copy()


def test_growth_moves_no_placed_face_and_ends_with_the_people(make_faces):
    encodings, people = make_faces(20, 10)
    order = np.random.default_rng(1).permutation(len(people))
    encodings, people = encodings[order], people[order]
    before = np.full(len(people), ALONE)
    for labels in grow_by(encodings, np.arange(len(people)), 30):
        placed = before != ALONE
        np.testing.assert_array_equal(labels[placed], before[placed])
        before = labels
    together = before[:, None] == before[None]
    np.testing.assert_array_equal(together, people[:, None] == people[None])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40))
def test_no_photo_comes_twice_in_a_cluster_however_it_grew(seed, batch):
    rng = np.random.default_rng(seed)
    encodings = rng.uniform(0, 1, size=(60, 3)).astype(np.float32)
    photos = rng.integers(0, 25, size=60)
    *_, labels = grow_by(encodings, photos, batch)
    cells = [(p, c) for p, c in zip(photos.tolist(), labels.tolist(), strict=True) if c != ALONE]
    assert len(set(cells)) == len(cells)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
def test_order_of_faces_and_block_change_no_group(seed, block):
    rng = np.random.default_rng(seed)
    encodings = rng.uniform(0, 1, size=(60, 4)).astype(np.float32)
    photos = rng.integers(0, 30, size=60)
    existing = rng.uniform(0, 1, size=(4, 4)).astype(np.float32)
    order = rng.permutation(60)
    here = group_unknown(encodings, None, existing, 0.5, 0.3, photos)
    there = np.empty_like(here)
    there[order] = group_unknown(
        encodings[order], None, existing, 0.5, 0.3, photos[order], block=block
    )
    np.testing.assert_array_equal(there[here < 4], here[here < 4])
    np.testing.assert_array_equal(there[:, None] == there[None], here[:, None] == here[None])


def test_memory_goes_by_the_block(make_faces):
    encodings, _ = make_faces(1500, 4, d=16)
    photos, none = np.arange(len(encodings)), np.empty((0, 16), np.float32)
    tracemalloc.start()
    group_unknown(encodings, None, none, 0.2, 0.1, photos, block=128)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20 < len(encodings) ** 2 * 4
