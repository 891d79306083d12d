"""What all tests share: a model cache of their own, the real photos, a scan and the command
line."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for photos.py

import photos

from facedex.progress import NullSink
from facedex.services.scanning.scan_library import scan_library
from facedex.types import DetectorName, EngineConfig, ScanOptions

# large enough for every face of photos.py, and quick
TEST_ENGINE = EngineConfig(DetectorName.CNN, working_size=640)


@pytest.fixture(scope="session", autouse=True)
def model_cache(tmp_path_factory):
    """Keep converted networks in one folder for the whole run; child processes find it too."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FACEDEX_")]:
            if name not in {"FACEDEX_TEST_DATA", "FACEDEX_SCREENSHOTS", "FACEDEX_UPDATE_GOLDEN"}:
                patch.delenv(name)
        patch.setenv("FACEDEX_MODEL_CACHE", str(folder))
        # neither the settings, the library nor the plugins of whoever runs the tests
        patch.setenv("FACEDEX_CONFIG", str(folder / "no-config.toml"))
        patch.setenv("FACEDEX_LIBRARY", str(folder / "no-library"))
        patch.setenv("FACEDEX_PLUGINS", str(folder / "no-plugins"))
        yield folder


class _Kept(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.records = []

    def emit(self, record):
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_warnings(request):
    """Fail on facedex's warnings and errors; a test that asks for caplog judges them itself."""
    logger = logging.getLogger("facedex")
    before = logger.handlers[:], logger.level, logger.propagate
    kept = _Kept()
    logger.addHandler(kept)
    yield
    logger.handlers[:], level, logger.propagate = before[0], before[1], before[2]
    logger.setLevel(level)
    if "caplog" not in request.fixturenames:
        assert [record.getMessage() for record in kept.records] == []


@pytest.fixture(scope="session")
def data_dir():
    """Return the folder of real photos, which are not part of the project."""
    named = os.environ.get("FACEDEX_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data" / "dev"
    if not folder.is_dir():
        pytest.skip(f"no photos in {folder}: set FACEDEX_TEST_DATA")
    return folder


@pytest.fixture
def library(tmp_path):
    """Return where a library may be made."""
    return tmp_path / "library"


@pytest.fixture
def album(tmp_path):
    """Return a folder of four pictures: two JPEG, a PNG and a WebP, with five faces."""
    folder = tmp_path / "album"
    astronaut, hopper = photos.astronaut(), photos.hopper()
    photos.write(folder / "astronaut.jpg", photos.encoded(astronaut))
    photos.write(folder / "navy" / "hopper.png", photos.encoded(hopper, "PNG"))
    photos.write(
        folder / "navy" / "mirrored.webp", photos.encoded(photos.variants(hopper, 1)[0], "WEBP")
    )
    photos.write(folder / "space" / "both.jpg", photos.turned(photos.both(), 6))
    return folder


@pytest.fixture
def run_scan():
    """Return a scan in this process: ``run_scan(folder, library)``; it returns the report."""

    def run(
        folder, library, *, engine=TEST_ENGINE, sink=None, should_stop=lambda: False, **options
    ):
        folders = () if folder is None else (folder,)
        return scan_library(
            library, ScanOptions(engine, folders, **options), sink or NullSink(), should_stop
        )

    return run


def command(*arguments) -> list[str]:
    """Return how to start the command line in a child process."""
    return [sys.executable, "-m", "facedex", *map(os.fspath, arguments)]


@pytest.fixture
def facedex():
    """Return a runner of the command line: ``facedex("scan", folder)``, in a child process."""

    def run(*arguments, timeout=120, **options):
        return subprocess.run(
            command(*arguments), capture_output=True, timeout=timeout, check=False, **options
        )

    return run


@pytest.fixture
def start():
    """Return a starter of the command line that does not wait; what still runs is killed."""
    running = []

    def begin(*arguments, **options):
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        running.append(subprocess.Popen(command(*arguments), **streams))
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()
