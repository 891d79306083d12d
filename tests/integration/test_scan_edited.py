"""A photo that was edited in place is another picture; the people named in it are the same."""

import shutil
from collections import deque

import photos
import pytest
from PIL import Image, ImageEnhance

from facedex.db.connection import connect
from facedex.geometry import iou
from facedex.pipeline import open_run, runner
from facedex.pipeline.store import Store
from facedex.pipeline.supervisor import InlinePool
from facedex.services.library import Library
from facedex.types import Box

pytestmark = [pytest.mark.model, pytest.mark.slow]


def brighter(image):
    return ImageEnhance.Brightness(image).enhance(1.2)


def cropped(image):
    return image.crop((40, 20, image.width - 30, image.height - 60))


def only_left(image):
    return image.crop((0, 0, 300, 400))


def turned_without_loss(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@pytest.fixture
def named(tmp_path, library, run_scan):
    """Return the path of a photo of two people, both named, one of them put aside."""
    path = photos.write(tmp_path / "p" / "a.jpg", photos.encoded(photos.both(), quality=95))
    run_scan(path.parent, library)
    with Library.open(library) as opened:
        left, right = sorted(opened.look.find_faces(None, None, 10), key=lambda face: face.box.x0)
        opened.decide.name_faces([left.face_id], "Left")
        opened.decide.name_faces([right.face_id], "Right")
    return path


def overwrite(path, image, quality=95, age_s=5):
    """Save another picture under the name; each time another age, for a scan must see a change."""
    return photos.write(path, photos.encoded(image, quality=quality), age_s=age_s)


def settled(library):
    """Return (uuid, name) of every face of which somebody spoke, wherever it is."""
    sql = "SELECT f.uuid, p.name FROM assignment a JOIN face f ON f.id = a.face_id"
    return photos.select(
        library, f"{sql} JOIN person p ON p.id = a.person_id WHERE a.source != 'auto' ORDER BY 1"
    )


def undo(library):
    with Library.open(library) as opened:
        return opened.decide.undo()


@pytest.mark.parametrize("edit", [brighter, cropped, turned_without_loss])
def test_names_follow_an_edited_photo(named, library, run_scan, edit):
    uuids = photos.select(library, "SELECT uuid FROM face ORDER BY uuid")
    photos.write(named, photos.encoded(edit(photos.both()), quality=95), age_s=5)
    report = run_scan(None, library)
    assert (report.counts.changed, report.counts.photos_searched) == (1, 1)
    shown = photos.select(library, "SELECT person_name, state, x0 FROM v1_faces ORDER BY x0")
    order = ["Right", "Left"] if edit is turned_without_loss else ["Left", "Right"]
    assert [(name, state) for name, state, _x0 in shown] == [(n, "confirmed") for n in order]
    assert photos.select(library, "SELECT uuid FROM face ORDER BY uuid") == uuids
    assert photos.select(library, "SELECT count(*) FROM photo") == [(1,)]


def test_undo_still_works_on_a_face_that_was_carried_over(named, library, run_scan):
    photos.write(named, photos.encoded(brighter(photos.both()), quality=95), age_s=5)
    run_scan(None, library)
    assert undo(library).summary == "Undone: Named 1 face Right"
    assert photos.names_by_path(library) == {"a.jpg": ["Left"]}


def test_a_copy_that_was_not_edited_keeps_its_names_and_the_edited_one_is_new(
    named, library, run_scan
):
    photos.write(named.with_name("b.jpg"), named.read_bytes())
    run_scan(None, library)
    photos.write(named, photos.encoded(brighter(photos.both()), quality=95), age_s=5)
    run_scan(None, library)
    assert photos.names_by_path(library)["b.jpg"] == ["Left", "Right"]


def test_another_picture_under_the_same_name_takes_over_no_name(named, library, run_scan):
    photos.write(named, photos.encoded(photos.hopper()), age_s=5)
    run_scan(None, library)
    names = photos.select(
        library, "SELECT person_name FROM v1_people JOIN v1_faces USING (person_id)"
    )
    assert {name for (name,) in names} == {"Left", "Right"}, "no decision is lost"


def test_a_portrait_of_somebody_else_in_the_same_place_takes_over_no_name(
    tmp_path, library, run_scan
):
    around_the_face = photos.astronaut().crop((128, 30, 312, 214)).resize((400, 400))
    path = overwrite(tmp_path / "p" / "a.jpg", around_the_face)
    run_scan(path.parent, library)
    with Library.open(library) as opened:
        opened.decide.name_faces(
            [face.face_id for face in opened.look.find_faces(None, None, 9)], "Eileen"
        )
    before = photos.select(library, "SELECT x0, y0, x1, y1 FROM v1_faces")
    overwrite(path, photos.hopper().crop((135, 85, 415, 365)).resize((400, 400)))
    run_scan(None, library)
    (now,) = photos.select(library, "SELECT x0, y0, x1, y1 FROM v1_faces WHERE path IS NOT NULL")
    assert iou(Box(*before[0]), Box(*now)) > 0.5, "else this test tests nothing"
    assert photos.names_by_path(library) == {"a.jpg": [None]}


# ---- what was cropped away comes back


@pytest.mark.parametrize("n_scans_between", [0, 1])
def test_the_original_put_back_after_a_crop_has_all_its_names(
    named, library, run_scan, n_scans_between
):
    original, said = named.read_bytes(), settled(library)
    overwrite(named, only_left(photos.both()))
    for _ in range(1 + n_scans_between):
        run_scan(None, library)
    assert photos.names_by_path(library)["a.jpg"] == ["Left"]
    photos.write(named, original, age_s=4)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}
    assert settled(library) == said
    assert photos.select(library, "SELECT count(*) FROM photo") == [(1,)]
    assert undo(library).summary == "Undone: Named 1 face Right"
    assert undo(library).summary == "Undone: Named 1 face Left"
    assert photos.names_by_path(library) == {"a.jpg": [None]}


def test_the_original_put_back_in_a_library_of_the_first_schema_has_all_its_names(
    named, library, run_scan
):
    original = named.read_bytes()
    overwrite(named, only_left(photos.both()))
    run_scan(None, library)
    db = connect(library / "library.db")
    db.execute("INSERT OR IGNORE INTO analysis SELECT 1, engine, model, 1, 2, 0 FROM analysis")
    # what the later migrations brought, but for views: they make these anew
    view = db.execute("SELECT sql FROM sqlite_master WHERE name = 'v1_regions'").fetchone()[0]
    db.execute("DROP TABLE former; DROP INDEX file_there; DROP VIEW v1_regions")
    db.execute("ALTER TABLE region DROP COLUMN evidence")
    db.execute("ALTER TABLE photo DROP COLUMN decoder_turn; PRAGMA user_version = 1")
    db.execute(view.replace("g.evidence AS evidence", "NULL AS evidence"))
    db.close()
    photos.write(named, original, age_s=4)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}


def test_another_picture_of_all_after_a_crop_has_all_names(named, library, run_scan):
    said = settled(library)
    overwrite(named, only_left(photos.both()))
    run_scan(None, library)
    overwrite(named, photos.both(), quality=80, age_s=4)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}
    assert settled(library) == said
    assert photos.select(library, "SELECT count(*) FROM photo") == [(1,)]


def test_names_wait_while_the_file_holds_no_picture(named, library, run_scan):
    said = settled(library)
    photos.write(named, b"not a picture", age_s=5)
    run_scan(None, library)
    overwrite(named, brighter(photos.both()), age_s=4)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}
    assert settled(library) == said


# ---- whatever way the faces of the edited photo come


def test_names_follow_when_a_worker_died_after_it_asked_about_the_image(
    named, library, run_scan, monkeypatch
):
    really, asked = Store.wants, []

    def wants(self, image_hash):
        if not asked:
            asked.append(image_hash)
            really(self, image_hash)  # of the worker that died
        return really(self, image_hash)

    monkeypatch.setattr(Store, "wants", wants)
    overwrite(named, brighter(photos.both()))
    run_scan(None, library)
    assert asked
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}


def test_names_follow_when_a_copy_of_the_edited_photo_is_searched_for_both(
    named, library, run_scan, monkeypatch
):
    class LastAsksFirst(InlinePool):
        """Two workers, of which the second is quicker."""

        def run(self, tasks, ask, on_death, should_stop):
            done = deque()
            for one in reversed(list(tasks)):
                done.extendleft(super().run([one], ask, on_death, should_stop))
            yield from done

    monkeypatch.setattr(open_run, "InlinePool", LastAsksFirst)
    said = settled(library)
    overwrite(named, brighter(photos.both()))
    shutil.copy2(named, named.with_name("b.jpg"))
    run_scan(None, library)
    assert photos.select(library, "SELECT n_files FROM v1_photos") == [(2,)]
    both = ["Left", "Right"]
    assert photos.names_by_path(library) == {"a.jpg": both, "b.jpg": both}
    assert settled(library) == said


def test_names_follow_in_the_next_scan_when_one_was_killed(named, library, run_scan, monkeypatch):
    said = settled(library)
    overwrite(named, brighter(photos.both()))
    with monkeypatch.context() as patch:
        patch.setattr(runner, "carry_over", None)
        with pytest.raises(TypeError):
            run_scan(None, library)
    assert settled(library) == said
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"]}
    assert settled(library) == said


# ---- a photo that another file holds


def test_names_stay_with_an_original_that_was_put_aside_under_another_name(
    named, library, run_scan
):
    named.rename(named.with_name("original.jpg"))
    overwrite(named, brighter(photos.both()))
    run_scan(None, library)
    assert photos.names_by_path(library)["original.jpg"] == ["Left", "Right"]


def test_files_that_change_their_names_keep_their_own(named, library, run_scan):
    other = overwrite(named.with_name("b.jpg"), brighter(photos.both()))
    run_scan(None, library)
    before = photos.names_by_path(library)
    assert before["a.jpg"] == ["Left", "Right"] != before["b.jpg"]
    aside = named.rename(named.with_name("aside"))
    other.rename(named)
    aside.rename(other)
    run_scan(None, library)
    assert photos.names_by_path(library)["b.jpg"] == ["Left", "Right"]


def test_names_go_to_the_edited_photo_when_the_last_copy_is_overwritten(named, library, run_scan):
    copy = photos.write(named.with_name("b.jpg"), named.read_bytes())
    run_scan(None, library)
    overwrite(named, brighter(photos.both()))
    run_scan(None, library)
    assert photos.names_by_path(library)["b.jpg"] == ["Left", "Right"]
    overwrite(copy, Image.new("RGB", (640, 480), "navy"))
    run_scan(None, library)
    assert photos.names_by_path(library) == {"a.jpg": ["Left", "Right"], "b.jpg": [None]}
