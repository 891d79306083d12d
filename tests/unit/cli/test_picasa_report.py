"""What `facedex picasa report` prints of the names that deserve a second look."""

import json

import pytest
from other_programs import say, stored_boxes, take_over

TWICE = "The same person twice on one photo"
NO_SOURCE = "Names whose source no longer says so"


@pytest.fixture
def many(small):
    """Ann stands twice on each of 22 photos, as digiKam said and no longer says."""
    said = {}
    for number in range(22):
        name = b"%02d.jpg" % number
        boxes = stored_boxes(small, small.photo("ann", "mirror", name=name))
        said[name] = [("Ann", box) for box in boxes]
    say(small, "digikam", said)
    take_over(small)
    say(small, "digikam", {})
    return small


def test_each_list_is_cut_and_json_has_it_whole(facedex, many):
    text = facedex("picasa", "report").out
    assert f"{TWICE} (22):" in text
    assert "00.jpg: Ann on 2 faces, by digikam" in text
    assert "  and 2 more; --json has them all" in text
    assert f"{NO_SOURCE} (44):" in text
    assert "00.jpg: Ann on a face, from digiKam, /digikam4.db" in text
    report = json.loads(facedex("picasa", "report", "--json").out)
    assert [len(report[each]) for each in ("twice_on_photo", "without_source")] == [22, 44]
    assert report["twice_on_photo"][0]["sources"] == ["digikam"]


def test_an_empty_list_is_not_printed(facedex, small):
    (face,) = small.photo("ann", name=b"a.jpg")
    say(small, "digikam", {b"a.jpg": [("Ann", *stored_boxes(small, [face]))]})
    take_over(small)
    text = facedex("picasa", "report").out
    assert TWICE not in text
    assert NO_SOURCE not in text
