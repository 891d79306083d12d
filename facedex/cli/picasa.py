"""``facedex picasa``: what was taken over from Picasa."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table, printable

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.group()
def picasa() -> None:
    """See what was taken over from Picasa.

    Names are taken over by `facedex scan`, from the .picasa.ini files beside the photos. Picasa's
    own files are never written.
    """


@picasa.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def report(context: Context, as_json: bool) -> None:
    """Account for every face rectangle that Picasa wrote, by contact.

    encoded: facedex recognises this person by it. unencodable: the named box is kept, but the face
    is too small or unclear, or its photo cannot be read. orphaned: the photo is not there.
    unnamed: Picasa itself had no name for it. pending: its photo has not been searched yet.
    """
    library = context.open_library()
    try:
        found = library.picasa_report()
    finally:
        library.close()
    if as_json:
        print_json(found)
        return
    if not found.n_inis:
        print("No .picasa.ini was found in the folders that were scanned.")
        return
    print_table(
        ("contact", "name", "found", "encoded", "unencodable", "orphaned", "unnamed", "pending"),
        (
            (
                c.contact_id or "(none)", c.name, c.found, c.encoded, c.unencodable, c.orphaned,
                c.unnamed, c.pending,
            )
            for c in found.contacts
        ),
    )  # fmt: skip
    total = sum(c.found for c in found.contacts)
    print(f"\n{total:,} rectangles of {len(found.contacts):,} contacts in {found.n_inis:,} files.")
    for path, lines in found.problems:
        for line in lines:
            print(printable(f"{path}: {line}"))
