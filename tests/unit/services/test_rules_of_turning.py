"""Who says how a photo is turned: its file, else a sidecar, else Picasa where the faces bear it
out."""

import itertools

import pytest
from other_programs import say, stored_boxes
from small_library import ENGINE, MODEL

from facedex.db import faces, files, photos, regions
from facedex.db.connection import rows, transaction
from facedex.geometry import EXIF_OF_TURNS
from facedex.pipeline.store_xmp import save_xmp
from facedex.services.names_in.link_regions import link_regions
from facedex.services.names_in.turn_photos import turn_photos
from facedex.types import Box, FileStat
from facedex.xmp.reading import XmpFacts

PHOTO, SIDECAR = b"IMG_1.jpg", b"IMG_1.jpg.xmp"


def say_in_sidecar(small, orientation, sidecar=SIDECAR):
    with transaction(small.db):
        found = rows(small.db, "SELECT id FROM file WHERE relpath = ?", (sidecar,))
        if found:
            file_id = found[0][0]
        else:
            file_id = files.add_file(small.db, small.root, FileStat(sidecar, 100, 1, 1, 10**6, 1))
            files.set_read(small.db, file_id, 10**18, b"s" * 32, None, None)
        save_xmp(small.db, file_id, b"s" * 32, XmpFacts(orientation=orientation))


def turn(small):
    """Turn photos as a scan does; return how the only one lies now, and whether it is to be
    searched."""
    with transaction(small.db):
        turn_photos(small.db, link_regions(small.db))
    [(photo_id, orientation)] = rows(small.db, "SELECT id, orientation FROM photo")
    assert photos.get_photo(small.db, photo_id).orientation == orientation
    return orientation, photos.count_undone(small.db, ENGINE, MODEL) == 1


@pytest.mark.parametrize(("own", "said"), list(itertools.product(range(1, 9), repeat=2)))
def test_the_files_own_orientation_beats_its_sidecars(small, own, said):
    small.photo("ada", name=PHOTO, orientation=own)
    say_in_sidecar(small, said)
    wanted = said if own == 1 else own
    assert turn(small) == (wanted, wanted != own)
    assert turn(small) == (wanted, wanted != own), "and again"
    [(file_id,)] = rows(small.db, "SELECT id FROM file WHERE photo_id IS NOT NULL")
    assert files.orientation_of(small.db, file_id) == wanted


@pytest.mark.parametrize("later", [1, 3, None])
def test_a_sidecar_that_says_otherwise_turns_the_photo_anew(small, later):
    small.photo("ada", name=PHOTO)
    say_in_sidecar(small, 6)
    turn(small)
    say_in_sidecar(small, later)
    assert turn(small)[0] == (6 if later is None else later)


def say_in_picasa(small, rotate, box):
    """Let Picasa's ini name a face and say that the photo is shown turned."""
    say(small, "ini", {PHOTO: [("Ada", box)]})
    with transaction(small.db):
        small.db.execute("UPDATE region SET rotate = ?", (rotate,))


@pytest.mark.parametrize("own", range(1, 9))
@pytest.mark.parametrize("rotate", [0, 1, 2, 3])
@pytest.mark.parametrize("is_on_face", [False, True])
def test_picasa_turns_a_photo_whose_file_is_silent_and_whose_faces_do_not_object(
    small, own, rotate, is_on_face
):
    [face] = small.photo("ada", name=PHOTO, orientation=own)
    box = stored_boxes(small, [face])[0] if is_on_face else Box(0.9, 0.9, 1, 1)
    say_in_picasa(small, rotate, box)
    is_turned = own == 1 and rotate != 0 and not is_on_face
    assert turn(small)[0] == (EXIF_OF_TURNS[rotate] if is_turned else own)


@pytest.mark.parametrize("said", range(1, 9))
def test_a_sidecar_beats_picasa(small, said):
    small.photo("ada", name=PHOTO)
    say_in_picasa(small, 1, Box(0.9, 0.9, 1, 1))
    say_in_sidecar(small, said)
    assert turn(small)[0] == said


def test_a_box_that_somebody_drew_does_not_object(small):
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    with transaction(small.db):
        small.db.execute("UPDATE face SET origin = 'picasa'")
    say_in_picasa(small, 1, box)
    assert turn(small)[0] == 6


def test_what_was_turned_stays_turned_when_its_faces_are_found_there(small):
    """Then they lie where Picasa says: that is why."""
    [face] = small.photo("ada", name=PHOTO)
    [box] = stored_boxes(small, [face])
    say_in_picasa(small, 1, Box(0.9, 0.9, 1, 1))
    assert turn(small)[0] == 6
    say_in_picasa(small, 1, box)
    assert turn(small)[0] == 6
    assert [one.rotate for one in regions.list_regions(small.db)] == [1]
    assert faces.exists(small.db, face)
