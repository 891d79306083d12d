"""``facedex problems``: what could not be read, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def problems(context: Context, as_json: bool) -> None:
    """List the files and folders that could not be read, each with its reason.

    A file is tried again when it has changed; one that another program was writing, or that could
    not be opened, at every scan.
    """
    with context.open_library() as library:
        found = library.look.problems()
    if as_json:
        print_json(found)
    elif found:
        print_table(("kind", "file", "reason"), ((p.kind, p.path, p.message) for p in found))
    else:
        print("Everything could be read.")
