"""Run the command line with ``python -m facedex``."""

from facedex.cli import main

if __name__ == "__main__":
    main()
