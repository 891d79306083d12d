import os
from pathlib import Path

import pytest

from facedex.config import (
    Settings,
    config_file,
    default_library,
    default_plugins,
    load_settings,
)
from facedex.errors import ConfigError
from facedex.types import DetectorName, EngineConfig, RuntimeName


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in [name for name in os.environ if name.startswith("FACEDEX_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def toml(monkeypatch, tmp_path):
    """Write config.toml."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FACEDEX_CONFIG", str(path))
    return path.write_text


@pytest.fixture(autouse=True)
def no_file(toml):
    """Keep the user's own config.toml out."""


def fault(**flags):
    with pytest.raises(ConfigError) as caught:
        load_settings(**flags)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults():
    settings = load_settings()
    assert settings.library == default_library()
    assert settings.plugins == default_plugins()
    assert settings.engine() == EngineConfig(
        DetectorName.CASCADE, RuntimeName.AUTO, plugins_dir=default_plugins()
    )
    assert settings.jobs is None


def test_each_source_goes_before_the_one_below(toml, monkeypatch):
    toml('working_size = 1000\ndetector = "hog"\njobs = 3')
    monkeypatch.setenv("FACEDEX_WORKING_SIZE", "1100")
    monkeypatch.setenv("FACEDEX_DETECTOR", "both")
    settings = load_settings(working_size=1200)
    assert settings.working_size == 1200  # the flag
    assert settings.detector == DetectorName.BOTH  # the environment
    assert settings.jobs == 3  # the file
    assert settings.runtime == RuntimeName.AUTO  # the default


def test_flags_that_are_not_given_do_not_count(toml):
    toml("jobs = 3")
    assert load_settings(jobs=None, detector=None).jobs == 3


def test_a_missing_file_is_no_fault():
    assert not config_file().exists()
    load_settings()


def test_the_usual_place_of_the_file(monkeypatch, tmp_path):
    monkeypatch.delenv("FACEDEX_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_file().name == "config.toml"
    assert config_file().parent.name == "facedex"


def test_an_unknown_key_is_named(toml):
    toml("wroking_size = 1000")
    assert "wroking_size" in fault()


def test_an_unknown_table_is_named(toml):
    toml("[matching]\nthreshold = 0.6")
    assert "matching" in fault()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('jobs = "many"', "jobs"),
        ("jobs = 1.5", "jobs"),
        ("jobs = [1]", "jobs"),
        ("detector = 7", "detector"),
        ('detector = "Two words"', "detector"),
        ('detector = "cascade+"', "detector"),
        ("encoder = [1]", "encoder"),
        ('runtime = ""', "runtime"),
        ('device = "quantum"', "device"),
        ("plugins = 3", "plugins"),
        ("library = 3", "library"),
    ],
)
def test_a_wrong_type_or_choice_is_named(toml, text, name):
    toml(text)
    message = fault()
    assert f"{name}: " in message
    assert "config.toml" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("jobs", -1), ("jobs", 257), ("working_size", 159), ("working_size", 8193)],
)
def test_a_value_out_of_range_is_named(toml, monkeypatch, name, value):
    assert f"{name}: " in fault(**{name: value})
    toml(f"{name} = {value}")
    assert f"{name}: " in fault()
    toml("")
    monkeypatch.setenv(f"FACEDEX_{name.upper()}", str(value))
    assert f"{name}: " in fault()


@pytest.mark.parametrize(
    ("name", "value"), [("jobs", 0), ("jobs", 256), ("working_size", 160), ("working_size", 8192)]
)
def test_the_ends_of_a_range_are_in_it(name, value):
    assert getattr(load_settings(**{name: value}), name) == value


def test_all_faults_are_named_at_once(toml):
    toml('jobs = -1\ndetector = "X"\ncolour = 3')
    message = fault()
    assert all(name in message for name in ("jobs", "detector", "colour"))


@pytest.mark.parametrize("text", ["jobs = ", "jobs : 3", "[", "jobs = 1\njobs = 2"])
def test_a_file_that_is_no_toml_is_named(toml, text):
    toml(text)
    assert "config.toml" in fault()


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe\x00")
    assert "config.toml" in fault()


def test_the_home_folder_may_be_written_as_a_tilde(toml, monkeypatch):
    toml('library = "~/faces"')
    assert load_settings().library == Path.home() / "faces"
    monkeypatch.setenv("FACEDEX_LIBRARY", "~/others")
    assert load_settings().library == Path.home() / "others"
    monkeypatch.setenv("FACEDEX_PLUGINS", "~/extras")
    assert load_settings().engine().plugins_dir == Path.home() / "extras"


def test_a_library_folder_whose_name_is_not_utf8_is_refused():
    assert "UTF-8" in fault(library=Path("/caf\udce9"))


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().jobs = 3


def test_no_dotenv_file_is_read(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("FACEDEX_JOBS=7")
    monkeypatch.chdir(tmp_path)
    assert load_settings().jobs is None


@pytest.fixture
def computer(monkeypatch):
    """Return a function that makes this a computer with so many cores and gigabytes."""

    def is_one(n_cores, gigabytes):
        size = None if gigabytes is None else int(gigabytes * 1e9)
        monkeypatch.setattr("facedex.machine.n_cores", lambda: n_cores)
        monkeypatch.setattr("facedex.machine.memory_bytes", lambda: size)

    return is_one


def test_workers_that_are_asked_for_are_given(computer):
    computer(2, 1)
    assert load_settings(jobs=0).n_workers() == 0
    assert load_settings(jobs=50, detector="cnn").n_workers() == 50


@pytest.mark.parametrize(
    ("n_cores", "gigabytes", "detector", "expected"),
    [
        (2, 8, "cascade", 2),
        (2, 8, "cnn", 2),
        (16, 8, "cascade", 6),
        (16, 8, "cnn", 2),
        (16, 16, "cascade+cnn", 4),
        (16, 64, "cascade", 16),
        (64, 32, "cascade", 26),
        (4, 0.5, "cascade", 4),
        (8, None, "cnn", 2),
    ],
)
def test_workers_fit_into_a_quarter_of_the_memory(computer, n_cores, gigabytes, detector, expected):
    computer(n_cores, gigabytes)
    assert load_settings(detector=detector).n_workers() == expected


def test_there_is_one_worker_however_much_each_takes(computer):
    computer(8, 1)
    assert load_settings(detector="cnn", working_size=8192).n_workers() == 1


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is(name):
    description = Settings.model_fields[name].description
    assert description
    assert description.endswith(".")
