"""Photos are searched as at the last scan, unless somebody says otherwise."""

import pytest

from facedex.config import load_settings
from facedex.services.scanning.search_settings import as_last_time, keep


@pytest.fixture
def settings(small, monkeypatch, tmp_path):
    """Return a maker of settings for the library, without any of the user's own."""
    monkeypatch.setenv("FACEDEX_CONFIG", str(tmp_path / "config.toml"))
    return lambda **flags: load_settings(library=small.directory, **flags)


def test_a_new_library_is_searched_as_the_settings_say(settings, tmp_path):
    fresh = load_settings(library=tmp_path / "none yet", detector="hog")
    assert as_last_time(fresh) == (fresh, {})


def test_what_is_not_said_is_as_before(small, settings):
    keep(small.db, settings(thorough=True, encode_crops=5).engine())
    found, changed = as_last_time(settings())
    assert changed == {"thorough": True, "encode_crops": 5}
    assert (found.thorough, found.encode_crops, found.detector) == (True, 5, "cascade")
    found, changed = as_last_time(settings(thorough=False))
    assert (found.thorough, changed) == (False, {"encode_crops": 5})


def test_the_environment_says_something_too(small, settings, monkeypatch):
    keep(small.db, settings(thorough=True).engine())
    monkeypatch.setenv("FACEDEX_THOROUGH", "false")
    assert as_last_time(settings())[1] == {}


def test_a_size_is_not_kept_for_another_detector(small, settings):
    keep(small.db, settings(detector="cnn", working_size=900).engine())
    assert as_last_time(settings())[0].working_size == 900
    assert as_last_time(settings(detector="cnn"))[0].working_size == 900
    assert as_last_time(settings(detector="hog"))[0].working_size is None


def test_jobs_and_devices_belong_to_the_machine(small, settings):
    keep(small.db, settings(jobs=7, device="cpu", runtime="dlib").engine())
    assert as_last_time(settings())[1] == {}
