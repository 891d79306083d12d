import numpy as np

from facedex.engines.dlib_cnn.mmod import decode_scores
from facedex.engines.dlib_cnn.pyramid import tiled_layout
from facedex.engines.dlib_cnn.rects import OverlapRule, PixelRect, ScoredRect, suppress_overlaps

RULE = OverlapRule(iou=0.3382761351109955, covered=1.0)


def scores_for(layout, cells):
    scores = np.full((layout.height // 8, layout.width // 8), -1.0, np.float32)
    for (row, column), score in cells.items():
        scores[row, column] = score
    return scores


def test_cell_of_the_image_itself_is_a_window_around_its_point():
    layout = tiled_layout(600, 800)
    found = decode_scores(scores_for(layout, {(10, 20): 0.5}), layout, 80, 0.0)
    # canvas point (174, 94), image point (163, 83): edges at 123.5 and 43.5 round away from zero
    assert found == [ScoredRect(PixelRect(124, 44, 203, 123), 0.5)]


def test_cell_of_the_second_level_is_enlarged():
    layout = tiled_layout(600, 800)
    level = layout.levels[1]
    row, column = (level.top + 100 - 14) // 8, (level.left + 100 - 14) // 8
    x, y = 8 * column + 14 - level.left, 8 * row + 14 - level.top
    (found,) = decode_scores(scores_for(layout, {(row, column): 1.0}), layout, 80, 0.0)
    left, right = ((x + side) * 1.2 + 0.3 for side in (-39.5, 39.5))
    assert right == 166.5  # a tie goes away from zero
    assert (found.rect.left, found.rect.right) == (round(left), 167)
    assert found.rect.top == round((y - 39.5) * 1.2 + 0.3)


def test_point_between_levels_goes_to_the_nearest():
    layout = tiled_layout(600, 800)
    cells = {(0, 0): 1.0, (76, 0): 2.0}  # y = 622 is on level 1, which starts at 621
    found = {
        each.score: each.rect for each in decode_scores(scores_for(layout, cells), layout, 80, 0)
    }
    assert found[1.0] == PixelRect(-37, -37, 43, 43)
    assert found[2.0].right - found[2.0].left in (94, 95)


def test_threshold_is_strict():
    layout = tiled_layout(100, 100)
    assert decode_scores(scores_for(layout, {(5, 5): 0.0}), layout, 80, 0.0) == []


def test_better_score_wins_and_comes_first():
    a, b = PixelRect(0, 0, 99, 99), PixelRect(10, 10, 109, 109)
    far = PixelRect(300, 300, 399, 399)
    kept = suppress_overlaps([ScoredRect(a, 0.1), ScoredRect(far, 0.5), ScoredRect(b, 0.9)], RULE)
    assert [each.rect for each in kept] == [b, far]


def test_overlap_is_measured_against_the_box_around_both():
    # shifted by 40 % both ways: intersection 3600, union 16400 (0.22), box around both 19600 (0.18)
    # shifted by 45 % one way: intersection 5500 of 14500: 0.379 either way
    a = PixelRect(0, 0, 99, 99)
    assert RULE.is_same(a, PixelRect(45, 0, 144, 99))
    assert not RULE.is_same(a, PixelRect(40, 40, 139, 139))
    # shifted by 27 % both ways: 5329 of a union of 14671 is 0.363, of the box around 16129 0.330
    assert not RULE.is_same(a, PixelRect(27, 27, 126, 126))
    assert RULE.is_same(a, PixelRect(26, 26, 125, 125))


def test_touching_rectangles_share_their_edge():
    a, b = PixelRect(0, 0, 9, 9), PixelRect(9, 9, 18, 18)
    assert a.intersection(b).area == 1
    assert a.intersection(PixelRect(10, 0, 19, 9)).area == 0
    assert not RULE.is_same(a, PixelRect(50, 50, 60, 60))
