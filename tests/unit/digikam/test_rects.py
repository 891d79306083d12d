"""A rectangle is kept as a text from which it can be placed again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedex.digikam.database_faces import DigikamRect
from facedex.digikam.rects import NotedRect, from_text, to_text

places, sides = st.integers(-(10**9), 10**9), st.integers(1, 10**9)


@given(
    st.builds(DigikamRect, places, places, sides, sides),
    st.tuples(sides, sides),
    st.none() | st.integers(1, 8),
)
def test_a_rectangle_comes_back(rect, size, orientation):
    noted = NotedRect(rect, size, orientation)
    assert from_text(to_text(noted)) == noted


def test_it_can_be_read():
    noted = NotedRect(DigikamRect(-1, 20, 30, 40), (4000, 3000), 6)
    assert to_text(noted) == "-1,20,30,40 of 4000x3000 turned 6"
    assert to_text(NotedRect(noted.rect, noted.size, None)) == "-1,20,30,40 of 4000x3000"


@pytest.mark.parametrize("text", ["", "1,2,3,4", "1,2,3,4 of 5x6 turned", "1,2,3 of 5x6", "a of b"])
def test_anything_else_is_no_rectangle(text):
    with pytest.raises(ValueError, match="not a rectangle"):
        from_text(text)
