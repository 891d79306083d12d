"""``facedex view``: the window."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.pass_obj
def view(context: Context) -> None:
    """Open the window in which faces are looked at and named."""
    context.open_library().close()  # says what is wrong before a window opens
    directory = context.settings().library
    # a process of its own: Qt stays out of the command line, and neither can take the other down
    sys.exit(subprocess.call([sys.executable, "-m", "facedex.viewer", str(directory)]))
