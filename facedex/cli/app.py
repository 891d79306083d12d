"""The ``facedex`` command: its options, its exit codes, and the list of its commands."""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from facedex import logs
from facedex.cli.audit import audit
from facedex.cli.bench import bench
from facedex.cli.confirm import confirm
from facedex.cli.context import Context, printable
from facedex.cli.digikam import digikam
from facedex.cli.doctor import doctor
from facedex.cli.export import export
from facedex.cli.faces import faces
from facedex.cli.forget import forget
from facedex.cli.people import people, redo, undo
from facedex.cli.picasa import picasa
from facedex.cli.problems import problems
from facedex.cli.regroup import regroup
from facedex.cli.relearn import relearn
from facedex.cli.review import review
from facedex.cli.scan import scan
from facedex.cli.status import status
from facedex.cli.view import view
from facedex.errors import FacedexError, StorageFault

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_EPILOG = """
Exit codes: 0 done; 1 failure; 2 wrong call; 3 done, with files that could not be read;
4 no space or disk error; 5 a folder is offline; 6 another scan is running; 7 the library is of a
newer facedex; 130 or 143 stopped.
"""


class _Commands(click.Group):
    """Ends quietly when the reader goes away, as in ``facedex faces | head``; click would fail."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # else closed by whoever started the command
                sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
            ctx.exit(0)
        return result


def _drop_output() -> None:
    """Let what is still buffered go nowhere, instead of failing when Python ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option(
    "--library",
    type=click.Path(path_type=Path),
    help="Folder of library.db (default: the user's data folder, or FACEDEX_LIBRARY).",
)
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is done and why.")
@click.version_option(version("facedex"), prog_name="facedex")
@click.pass_context
def cli(ctx: click.Context, library: Path | None, verbose: bool) -> None:
    """Find the faces in your photos, name them, and look people up.

    Begin with `facedex scan FOLDER`; then `facedex view` opens the window in which you name the
    faces. Your photos are only read, unless you export names into them, and nothing leaves this
    computer.
    """
    logs.set_up(is_verbose=verbose)
    ctx.obj = Context(library)


for _command in (
    scan, view, status, people, faces, review, confirm, undo, redo, regroup, relearn,
    problems, picasa, digikam,
    export,
    forget, audit, doctor, bench,
):  # fmt: skip
    cli.add_command(_command)


def run() -> None:
    """Run the command line; a fault of the user or the machine is one line, a bug a traceback."""
    # a file name that is not UTF-8 must not stop a message about it
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            # both are text files
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as exc:
        if exc.errno not in _DISK_ERRORS:
            raise
        _drop_output()
        print(f"facedex: no space is left, or a disk fails: {exc.strerror}", file=sys.stderr)
        sys.exit(StorageFault.exit_code)
    except FacedexError as exc:
        print(printable(f"facedex: {exc}"), file=sys.stderr)
        sys.exit(exc.exit_code)
