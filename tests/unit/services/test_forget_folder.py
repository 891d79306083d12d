"""Looking through a folder no more."""

import pytest

from facedex.db import files, photos
from facedex.db.connection import rows, transaction
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.scanning.forget_folder import Forgotten, forget_folder


def roots(small):
    return [root.path for root in files.list_roots(small.db)]


def test_names_stay_and_are_there_again_with_the_photo(small):
    faces = small.album("ada", 3)
    decide_faces.name_faces(small.db, faces[:2], "Ada")
    folder = small.directory / "photos"
    would = forget_folder(small.directory, folder, is_dry_run=True)
    assert would == Forgotten(str(folder), 3, 3, 2)
    assert len(roots(small)) == 1
    assert forget_folder(small.directory, folder, is_dry_run=False) == would
    assert (roots(small), rows(small.db, "SELECT count(*) FROM file")) == ([], [(0,)])
    with transaction(small.db):
        photos.drop_unheld(small.db)  # as the next scan does
    assert [small.confirmed(face) for face in faces[:2]] == ["Ada", "Ada"]


def test_photos_that_lie_elsewhere_too_are_not_only_there(small):
    small.album("ada", 2)
    with transaction(small.db):
        other = files.ensure_root(small.db, b"/elsewhere")
        small.db.execute("UPDATE file SET root_id = ? WHERE id = 1", (other,))
        small.db.execute("UPDATE file SET photo_id = 1")
    found = forget_folder(small.directory, small.directory / "photos", is_dry_run=False)
    assert (found.n_files, found.n_photos) == (1, 0)
    assert roots(small) == [b"/elsewhere"]


def test_an_unknown_folder_is_told_with_those_that_are_known(small):
    with pytest.raises(
        UsageError, match=r"not a folder that is looked through; those are: .*photos"
    ):
        forget_folder(small.directory, small.directory / "photos" / "inner", is_dry_run=False)
