from pathlib import Path

import pytest

from facedex.picasa.profiles import PicasaProfile, usual_profiles


@pytest.mark.parametrize(
    "folder",
    [
        "AppData/Local/Google/Picasa2",
        "Local Settings/Application Data/Google/Picasa2",
        "Library/Application Support/Google/Picasa3",
        ".wine/drive_c/users/ann/AppData/Local/Google/Picasa2",
        ".wine/drive_c/users/ann/Local Settings/Application Data/Google/Picasa2",
        (
            ".google/picasa/3.0/drive_c/Documents and Settings/ann"
            "/Local Settings/Application Data/Google/Picasa2"
        ),
    ],
)
def test_every_systems_place_is_listed(folder):
    home = Path("home/ann")
    assert PicasaProfile(home / folder) in usual_profiles(home)


@pytest.mark.parametrize("given", [".", "Google/Picasa2", "AppData/Local/Google/Picasa2"])
def test_a_copy_of_part_of_the_profile_will_do(tmp_path, given):
    data = tmp_path / given
    (data / "contacts").mkdir(parents=True)
    (data / "contacts" / "backup.xml").touch()
    (data / "db3").mkdir()
    found = {path for place in usual_profiles(tmp_path) for path in place.contacts if path.exists()}
    assert found == {data / "contacts" / "backup.xml"}
    assert [place.db3 for place in usual_profiles(tmp_path) if place.db3.is_dir()] == [data / "db3"]


def test_places_are_named_once_and_nothing_is_looked_up():
    places = usual_profiles(Path("not/there/{user}"))
    assert len(set(places)) == len(places)
    assert all(str(place.folder).startswith(str(Path("not/there/{user}"))) for place in places)


def test_files_of_a_place():
    place = PicasaProfile(Path("Picasa2"))
    assert place.db3 == Path("Picasa2/db3")
    assert place.contacts == (
        Path("Picasa2/contacts/contacts.xml"),
        Path("Picasa2/contacts/backup.xml"),
    )
