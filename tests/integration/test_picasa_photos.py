"""What Picasa's inis say of photos besides names: rotation, saved originals, exports, facts."""

import csv
import json

import photos
import pytest
from PIL import Image

from facedex.geometry import (
    box_from_rect64,
    box_in_part,
    box_to_rect64,
    box_to_stored,
    contains_center,
    upright_size,
    valid_orientation,
)
from facedex.types import Box, EngineConfig

pytestmark = [pytest.mark.model, pytest.mark.slow]

NEIL = "1a2b3c4d5e6f7081"
CONTACTS = f"[Contacts2]\r\n{NEIL}=Eileen Collins;;\r\n"


def rect(box):
    return f"rect64({box_to_rect64(box)}),{NEIL}"


def write_ini(folder, text, name=".picasa.ini"):
    photos.write(folder / name, (text + CONTACTS).encode())


def faces(library):
    return photos.select(
        library,
        "SELECT person_name, origin, stored_x0, stored_y0, stored_x1, stored_y1 FROM v1_faces",
    )


def statuses(library):
    return photos.select(library, "SELECT frame, status FROM v1_regions ORDER BY region_id")


@pytest.mark.parametrize(("rotate", "orientation"), [(1, 6), (2, 3), (3, 8)])
def test_a_photo_that_picasa_turned_is_searched_upright(
    tmp_path, library, run_scan, rotate, orientation
):
    folder = tmp_path / "p"
    lying = photos.stored(photos.hopper(), orientation)
    photos.write(folder / "a.jpg", photos.encoded(lying))
    box = box_to_stored(photos.HOPPER_FACE, orientation)
    write_ini(folder, f"[a.jpg]\r\nfaces={rect(box)}\r\nrotate=rotate({rotate})\r\n")
    run_scan(folder, library)
    [(name, origin, *corners)] = faces(library)
    assert (name, origin) == ("Eileen Collins", "cnn")
    assert contains_center(box, Box(*corners))
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(orientation,)]
    before = photos.whole_tables(library, "face", "photo", "assignment", "region")
    assert run_scan(None, library).counts.photos_searched == 0
    assert photos.whole_tables(library, "face", "photo", "assignment", "region") == before


def test_a_rotation_that_was_saved_by_another_program_is_not_done_twice(
    tmp_path, library, run_scan
):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    write_ini(folder, f"[a.jpg]\r\nfaces={rect(photos.ASTRONAUT_FACE)}\r\nrotate=rotate(1)\r\n")
    run_scan(folder, library)
    [(name, origin, *_corners)] = faces(library)
    assert (name, origin) == ("Eileen Collins", "cnn")
    assert photos.select(library, "SELECT orientation FROM v1_photos") == [(1,)]


def test_rectangles_of_the_original_follow_picasas_saving(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    original = photos.astronaut().resize((1000, 1000))
    crop = Box(0.1, 0.0, 0.9, 0.7)
    saved = original.crop((100, 0, 900, 700))
    photos.write(folder / "a.jpg", photos.encoded(saved))
    # whole pixels of the original, as Picasa has them
    drawn = Box(0.331, 0.141, 0.523, 0.329)
    away = Box(0.201, 0.803, 0.403, 0.951)
    write_ini(folder, f"[a.jpg]\r\nfaces={rect(drawn)};{rect(away)}\r\n")
    recipe = f"[a.jpg]\r\nwidth=1000\r\nheight=1000\r\ncrop=rect64({box_to_rect64(crop)})\r\n"
    write_ini(folder / ".picasaoriginals", recipe)
    photos.write(folder / ".picasaoriginals" / "a.jpg", photos.encoded(original))
    run_scan(folder, library)
    assert photos.select(library, "SELECT count(*) FROM v1_photos") == [(1,)]
    [(name, origin, *corners)] = faces(library)
    assert (name, origin) == ("Eileen Collins", "cnn")
    assert contains_center(box_in_part(drawn, crop), Box(*corners))
    assert statuses(library) == [("other", "encoded"), ("other", "unplaced")]
    # the original's ini names nobody: its contacts are not the owner's list
    assert photos.select(library, "SELECT n_confirmed FROM v1_people") == [(1,)]


def test_rectangles_of_an_export_count_where_there_is_a_face(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    stale = Box(0.6, 0.6, 0.8, 0.85)
    text = f"[Picasa]\r\nP2category=Exported Pictures\r\n[a.jpg]\r\nfaces={rect(stale)}"
    write_ini(folder, f"{text};{rect(photos.ASTRONAUT_FACE)}\r\n")
    run_scan(folder, library)
    assert [row[:2] for row in faces(library)] == [("Eileen Collins", "cnn")]
    assert [status for _frame, status in statuses(library)] == ["unplaced", "encoded"]


def test_stars_captions_keywords_albums_and_hidden_photos(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    photos.write(folder / "a.jpg", photos.encoded(Image.new("RGB", (64, 48), "red")))
    photos.write(folder / "b.jpg", photos.encoded(Image.new("RGB", (64, 48), "blue")))
    token = "0123456789abcdef0123456789abcdef"
    write_ini(
        folder,
        f"[.album:{token}]\r\nname=Summer\r\n[a.jpg]\r\nstar=yes\r\ncaption=At the sea\r\n"
        f"keywords=sea,dog\r\nalbums={token}\r\n[b.jpg]\r\nhidden=yes\r\n",
    )
    run_scan(folder, library)
    sql = (
        "SELECT f.path, is_starred, is_hidden, caption, keywords, albums FROM v1_photos"
        " JOIN v1_files f USING (photo_id) ORDER BY f.path"
    )
    rows = [
        (path.rsplit("/")[-1], star, hidden, caption, json.loads(words), json.loads(albums))
        for path, star, hidden, caption, words, albums in photos.select(library, sql)
    ]
    assert rows == [
        ("a.jpg", 1, 0, "At the sea", ["dog", "sea"], ["Summer"]),
        ("b.jpg", 0, 1, None, [], []),
    ]
    # and they go when Picasa takes them back
    write_ini(folder, "[a.jpg]\r\ncaption=At the sea\r\n")
    run_scan(None, library)
    assert photos.select(library, "SELECT max(is_starred), max(is_hidden) FROM v1_photos") == [
        (0, 0)
    ]


@pytest.mark.data
def test_rectangles_lie_on_their_faces_in_every_orientation(data_dir, tmp_path, library, run_scan):
    """Real photos turned in all eight ways; Picasa's rectangles are of the stored pixels."""
    album = data_dir / "album"
    sections: dict[str, list[str]] = {}
    with (album / "orientation-faces-boxes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            path = album / row["file"]
            with Image.open(path) as image:
                orientation = valid_orientation(image.getexif().get(0x0112))
                width, height = upright_size(*image.size, orientation)
            x, y, w, h = (int(row[key]) for key in "xywh")
            upright = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            sections.setdefault(path.name, []).append(rect(box_to_stored(upright, orientation)))
            if not (tmp_path / "p" / path.name).exists():
                photos.write(tmp_path / "p" / path.name, path.read_bytes())
    text = "".join(f"[{name}]\r\nfaces={';'.join(all_)}\r\n" for name, all_ in sections.items())
    write_ini(tmp_path / "p", text)
    run_scan(tmp_path / "p", library, engine=EngineConfig())
    rows = photos.select(
        library,
        "SELECT g.photo_name, g.rect, g.frame, f.stored_x0, f.stored_y0, f.stored_x1, f.stored_y1,"
        " f.origin FROM v1_regions g JOIN v1_faces f USING (face_id)",
    )
    assert len(rows) == sum(map(len, sections.values())) == 36
    for name, rect_hex, frame, *corners, origin in rows:
        drawn = box_from_rect64(rect_hex)
        assert origin == "cascade", name
        assert contains_center(Box(*corners), drawn), name
        assert frame == "stored", name


def test_notes_outlive_a_photo_that_goes_and_comes_back(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    path = folder / "a.jpg"
    jpeg = photos.encoded(Image.new("RGB", (64, 48), "red"))
    photos.write(path, jpeg)
    write_ini(folder, "[a.jpg]\r\nstar=yes\r\n")
    run_scan(folder, library)
    photos.write(path, photos.encoded(Image.new("RGB", (64, 48), "blue")), age_s=9)
    run_scan(None, library)
    photos.write(path, jpeg, age_s=5)
    run_scan(None, library)
    assert photos.select(library, "SELECT is_starred FROM v1_photos WHERE n_files = 1") == [(1,)]
