"""``facedex people``: everybody with their number of faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def people(context: Context, as_json: bool) -> None:
    """List the people and how many of their faces are confirmed and suggested."""
    library = context.open_library()
    try:
        found = library.people()
    finally:
        library.close()
    if as_json:
        print_json(found)
        return
    print_table(
        ("name", "confirmed", "suggested"),
        ((p.name, p.n_confirmed, p.n_suggested) for p in found),
    )
