"""RAW photos from the scan to the views: boxes in their own frame, and companions on disk."""

import builtins
import io

import photos
import pytest
import raw_files
from PIL import Image

from facedex.geometry import box_to_rect64, box_to_stored, iou
from facedex.imaging import raw
from facedex.services.library import Library
from facedex.types import Box

pytest.importorskip("rawpy", reason="rawpy has no wheel for this machine: RAW files are not read")

pytestmark = [pytest.mark.model, pytest.mark.slow]

ADA, GRACE = "Ada", "Grace"
CONTACT = "1a2b3c4d5e6f7081"


def preview(image, orientation=1):
    stored = photos.stored(image, orientation)
    return raw_files.Preview(photos.encoded(stored), *stored.size)


def boxes(library, name):
    """Return (stored, upright) boxes of a file's faces, from left to right."""
    sql = (
        "SELECT a.stored_x0, a.stored_y0, a.stored_x1, a.stored_y1, a.x0, a.y0, a.x1, a.y1"
        " FROM v1_faces a JOIN v1_files f ON f.photo_id = a.photo_id"
        " WHERE f.path LIKE '%/' || ? ORDER BY a.x0"
    )
    return [(Box(*row[:4]), Box(*row[4:])) for row in photos.select(library, sql, name)]


def shown(library):
    """Return (person, n_faces) as other programs see them."""
    return photos.select(library, "SELECT name, n_faces FROM v1_people ORDER BY name")


def name_from_left(library, *names):
    with Library.open(library) as opened:
        found = sorted(opened.look.find_faces(None, None, 10), key=lambda face: face.box.x0)
        for face, name in zip(found, names, strict=True):
            opened.decide.name_faces([face.face_id], name)


@pytest.fixture
def moment(tmp_path):
    """A RAW with its JPEG, both turned, of two people."""
    folder = tmp_path / "p"
    image = photos.both()
    photos.write(folder / "IMG_1.JPG", photos.turned(image, 6, quality=95))
    photos.write(folder / "IMG_1.DNG", raw_files.dng(photos.stored(image, 8), 8, taken=None))
    return folder


def test_faces_lie_right_in_every_orientation_with_and_without_a_preview(
    tmp_path, library, run_scan
):
    folder = tmp_path / "p"
    image = photos.astronaut().crop((0, 0, 512, 400))
    face = Box(0.33, 0.14 * 1.28, 0.52, 0.33 * 1.28)
    for orientation in range(1, 9):
        # a pixel brighter in each, or they would be one photo
        each = image.point(lambda v, more=orientation: min(255, v + more))
        stored = photos.stored(each, orientation)
        photos.write(folder / f"developed-{orientation}.dng", raw_files.dng(stored, orientation))
        # the rim that the preview leaves out is wide, so that a box in the wrong frame is seen
        width, height = stored.size
        crop = (90, 10, width - 100, height - 60)
        left, top = crop[:2]
        seen = stored.crop((left, top, left + crop[2], top + crop[3])).resize(
            (crop[2] * 5, crop[3] * 5)
        )
        embedded = raw_files.Preview(photos.encoded(seen), *seen.size)
        darker = stored.point(lambda v: v * 9 // 10)
        cropped = raw_files.dng(darker, orientation, crop=crop, previews=[embedded])
        photos.write(folder / f"preview-{orientation}.dng", cropped)
    report = run_scan(folder, library)
    assert (report.exit_code, report.counts.photos_searched) == (0, 16)
    for orientation in range(1, 9):
        for kind in ("developed", "preview"):
            [(stored_box, upright)] = boxes(library, f"{kind}-{orientation}.dng")
            assert iou(upright, face) > 0.6, (kind, orientation)
            assert iou(stored_box, box_to_stored(face, orientation)) > 0.6, (kind, orientation)
    assert photos.select(library, "SELECT count(*) FROM v1_problems") == [(0,)]


def test_a_raw_and_its_jpeg_are_shown_once_and_named_together(moment, library, run_scan, facedex):
    report = run_scan(moment, library)
    assert report.counts.faces_found == 4
    name_from_left(library, ADA, GRACE)
    assert photos.names_by_path(library) == {"IMG_1.DNG": [ADA, GRACE], "IMG_1.JPG": [ADA, GRACE]}
    assert shown(library) == [(ADA, 1), (GRACE, 1)]
    listed = facedex("--library", library, "faces")
    lines = listed.stdout.decode().splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("photo\talso on")
    assert all(line.endswith("IMG_1.JPG\t" + str(moment / "IMG_1.DNG")) for line in lines[1:])
    status = facedex("--library", library, "status").stdout.decode()
    assert "Companions 1 " in status
    assert "Faces      2: 2 named" in status


@pytest.mark.parametrize("gone", ["IMG_1.JPG", "IMG_1.DNG"])
def test_either_file_may_go(moment, library, run_scan, gone):
    run_scan(moment, library)
    name_from_left(library, ADA, GRACE)
    (moment / gone).unlink()
    run_scan(None, library)
    [left] = {"IMG_1.JPG", "IMG_1.DNG"} - {gone}
    assert photos.names_by_path(library) == {left: [ADA, GRACE]}
    assert shown(library) == [(ADA, 1), (GRACE, 1)]
    with Library.open(library) as opened:
        assert {face.path for face in opened.look.find_faces(None, None, 10)} == {
            str(moment / left)
        }


@pytest.mark.parametrize("late", ["IMG_1.JPG", "IMG_1.DNG"])
def test_either_file_may_come_later(moment, library, run_scan, late):
    content = (moment / late).read_bytes()
    (moment / late).unlink()
    run_scan(moment, library)
    name_from_left(library, ADA, GRACE)
    photos.write(moment / late, content)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"IMG_1.DNG": [ADA, GRACE], "IMG_1.JPG": [ADA, GRACE]}
    assert shown(library) == [(ADA, 1), (GRACE, 1)]


def test_the_jpeg_may_be_cropped(moment, library, run_scan):
    run_scan(moment, library)
    name_from_left(library, ADA, GRACE)
    only_grace = photos.both().crop((300, 0, 650, 400))
    photos.write(moment / "IMG_1.JPG", photos.encoded(only_grace, quality=95), age_s=5)
    run_scan(None, library)
    assert photos.names_by_path(library) == {"IMG_1.DNG": [ADA, GRACE], "IMG_1.JPG": [GRACE]}
    # one Grace, on both; the Ada of the RAW is there as before
    twins = photos.select(
        library, "SELECT person_name FROM v1_faces WHERE companion_of IS NOT NULL"
    )
    assert twins == [(GRACE,)]
    assert dict(shown(library))[GRACE] == 1


def test_a_rating_written_into_a_dng_costs_nothing(moment, library, run_scan):
    run_scan(moment, library)
    name_from_left(library, ADA, GRACE)
    before = photos.what_is_said(library)
    dng = moment / "IMG_1.DNG"
    photos.write(dng, raw_files.with_rating(dng.read_bytes()), age_s=5)
    report = run_scan(None, library)
    assert (report.counts.changed, report.counts.photos_searched) == (1, 0)
    assert photos.what_is_said(library) == before


def test_picasas_rectangles_of_a_raw_are_of_the_upright_picture(tmp_path, library, run_scan):
    folder = tmp_path / "p"
    photos.write(folder / "a.dng", raw_files.dng(photos.stored(photos.both(), 6), 6))
    width, height = photos.both().size
    face = Box(130 / width, 72 / height, 228 / width, 168 / height)  # whole pixels, as Picasa's
    ini = (
        f"[a.dng]\r\nfaces=rect64({box_to_rect64(face)}),{CONTACT}\r\n"
        f"[Contacts2]\r\n{CONTACT}={ADA};;\r\n"
    )
    photos.write(folder / ".picasa.ini", ini.encode())
    run_scan(folder, library)
    assert photos.names_by_path(library) == {"a.dng": [ADA]}
    named = photos.select(library, "SELECT x0, origin FROM v1_faces WHERE state = 'confirmed'")
    assert [origin for _x0, origin in named] == ["cnn"]
    assert named[0][0] < 0.4


def test_the_window_gets_an_upright_preview_of_a_raw(moment, library, run_scan):
    run_scan(moment, library)
    [(photo_id,)] = photos.select(library, "SELECT id FROM photo WHERE format = 'RAW'")
    with Library.open(library) as opened:
        with Image.open(io.BytesIO(opened.look.preview(photo_id, 1024))) as image:
            assert image.size == photos.both().size
        assert opened.look.photo(photo_id).companions == (str(moment / "IMG_1.JPG"),)


def test_raw_files_are_read_once_rawpy_is_there(moment, library, run_scan):
    real = builtins.__import__

    def without_rawpy(name, *arguments, **options):
        if name == "rawpy":
            raise ImportError(name)
        return real(name, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "__import__", without_rawpy)
        patch.setattr("facedex.services.scanning.retry_raw.reader_version", lambda: None)
        report = run_scan(moment, library)
        assert (report.exit_code, report.counts.photos_searched) == (3, 1)
        [(path, kind, message)] = photos.select(
            library, "SELECT path, kind, message FROM v1_problems"
        )
        assert path.endswith("IMG_1.DNG")
        assert kind == "unsupported"
        assert "pip install rawpy" in message
        again = run_scan(None, library)
        assert (again.exit_code, again.counts.photos_searched) == (3, 0)
    assert raw.reader_version()
    report = run_scan(None, library)
    assert (report.exit_code, report.counts.photos_searched) == (0, 1)
    last = run_scan(None, library)
    assert last.counts.photos_searched == 0


def test_a_broken_raw_is_a_problem_and_the_scan_goes_on_in_worker_processes(
    moment, library, run_scan
):
    whole = (moment / "IMG_1.DNG").read_bytes()
    photos.write(moment / "cut.dng", whole[: len(whole) // 2])
    photos.write(moment / "noise.cr3", b"\0\0\0\x18ftypcrx " + bytes(range(256)) * 40)
    photos.write(moment / "empty.nef", b"")
    report = run_scan(moment, library, n_workers=1)
    assert (report.exit_code, report.counts.photos_searched) == (3, 2)
    found = photos.select(library, "SELECT path, stage, kind FROM v1_problems ORDER BY path")
    assert [path.rsplit("/", 1)[1] for path, _stage, _kind in found] == [
        "cut.dng",
        "empty.nef",
        "noise.cr3",
    ]
    assert {stage for _path, stage, _kind in found} == {"decode"}
