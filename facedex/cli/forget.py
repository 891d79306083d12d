"""``facedex forget``: look through a folder no more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, printable

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--yes/--dry-run", "is_sure", help="Do it, or only tell what would go (default).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def forget(context: Context, folder: Path, is_sure: bool, as_json: bool) -> None:
    """Look through FOLDER no more, because it was renamed or is gone for good.

    No file is touched, and no name is lost: names wait until a scan finds the same photos
    elsewhere. Scan a renamed folder under its new name first. A disk that is only away need not be
    forgotten.

    \b
    facedex forget ~/Pictures/Old          what that would do
    facedex forget ~/Pictures/Old --yes    do it
    """
    context.open_library().close()  # a library must be there
    from facedex.services.scanning.forget_folder import forget_folder

    found = forget_folder(context.settings().library, folder, is_dry_run=not is_sure)
    if as_json:
        print_json(found)
        return
    print(printable(f"Folder      {found.path}"))
    print(f"Files       {found.n_files:,}")
    print(f"Only there  {found.n_photos:,} photos, with {found.n_named:,} named faces")
    print("Forgotten." if is_sure else "Nothing is changed. To forget it, say the same with --yes")
