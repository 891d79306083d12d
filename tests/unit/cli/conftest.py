import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "services"))  # for small_library
from small_library import SmallLibrary

from facedex.cli.app import run


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    """Nothing of the user's own settings and library."""
    for name in [name for name in os.environ if name.startswith("FACEDEX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FACEDEX_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("FACEDEX_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("FACEDEX_PLUGINS", str(tmp_path / "plugins"))


@pytest.fixture
def facedex(monkeypatch, capsys):
    """Run the command line in this process."""
    logger = logging.getLogger("facedex")
    before = logger.handlers[:], logger.level, logger.propagate

    def run_with(*arguments):
        monkeypatch.setattr(sys, "argv", ["facedex", *map(str, arguments)])
        code = 0
        try:
            run()
        except SystemExit as exc:
            code = exc.code
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    yield run_with
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture
def small(tmp_path):
    library = SmallLibrary(tmp_path / "library")
    yield library
    library.close()
