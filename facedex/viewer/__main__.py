"""Open the window on a library folder: ``python -m facedex.viewer FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from facedex import logs
from facedex.errors import FacedexError
from facedex.viewer.app import run


def main() -> None:
    """Run the window; what is wrong with the library is one line."""
    logs.set_up()
    try:
        sys.exit(run(Path(sys.argv[1])))
    except FacedexError as exc:
        sys.stderr.write(f"facedex: {exc}\n")
        sys.exit(exc.exit_code)


if __name__ == "__main__":
    main()
