"""Pairing best first, for any ranks: one to one, the same in every order, and no better pair
left."""

from hypothesis import given, settings
from hypothesis import strategies as st

from facedex.naming.same_face import is_around, is_found_again, is_one_face, pair_best_first
from facedex.types import Box

RANKED = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 6)), st.integers(0, 4), max_size=20
).map(lambda ranks: [(rank, a, b) for (a, b), rank in ranks.items()])
EDGE = st.integers(0, 20).map(lambda n: n / 20)
BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w / 2 + 0.05, y + h / 2 + 0.05), EDGE, EDGE, EDGE, EDGE
)


@given(RANKED, st.randoms())
@settings(max_examples=60)
def test_pairs_are_one_to_one_and_do_not_depend_on_the_order(ranked, random):
    pairs = pair_best_first(ranked)
    assert len(set(pairs.values())) == len(pairs)
    random.shuffle(ranked)
    assert pair_best_first(ranked) == pairs


@given(RANKED)
@settings(max_examples=60)
def test_a_pair_that_is_not_taken_stands_behind_a_better_one(ranked):
    pairs = pair_best_first(ranked)
    rank_of = {(a, b): rank for rank, a, b in ranked}
    for rank, a, b in ranked:
        if pairs.get(a) == b:
            continue
        taken = [(x, y) for x, y in pairs.items() if x == a or y == b]
        assert any((rank_of[pair], *pair) < (rank, a, b) for pair in taken)


@given(RANKED)
@settings(max_examples=60)
def test_where_all_may_share_everybody_gets_their_best(ranked):
    pairs = pair_best_first(ranked, lambda _first, _other: True)
    assert pairs == {a: min((r, b) for r, x, b in ranked if x == a)[1] for _rank, a, _b in ranked}


@given(BOXES, BOXES)
@settings(max_examples=60)
def test_one_face_is_told_whichever_box_comes_first(one, other):
    assert is_one_face(one, other) == is_one_face(other, one)
    assert is_one_face(one, other) >= (is_found_again(one, other) or is_around(one, other))
