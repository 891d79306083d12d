import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for small_library
from small_library import SmallLibrary


@pytest.fixture
def small(tmp_path):
    library = SmallLibrary(tmp_path / "library")
    yield library
    library.close()
