import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for poison_worker, in child processes too


@pytest.fixture
def alive():
    """Something to call now and then, that counts."""

    def sign():
        sign.n += 1

    sign.n = 0
    return sign
