"""``facedex picasa``: what was taken over from Picasa, and from all other sources of names."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table, printable
from facedex.services.records import Outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.cli.context import Context
    from facedex.services.records import Ledger

_KINDS = {
    "ini": "Picasa's .picasa.ini", "db3": "Picasa's database", "digikam": "digiKam",
    "xmp": "XMP tags",
}  # fmt: skip
_FRAMES = {
    "stored": "fits the photo's pixels", "swapped": "fits the photo turned by a quarter",
    "other": "fits another size", "unstated": "no size is stated", "unknown": "fits no size",
}  # fmt: skip
_MOST_LINES = 20


@click.group()
def picasa() -> None:
    """See what was taken over from Picasa and other programs.

    Names are taken over by `facedex scan`, from the .picasa.ini files beside the photos and from the
    XMP tags of photos and sidecars. Picasa's own files are never written.
    """


@picasa.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def report(context: Context, as_json: bool) -> None:
    """Account for every face and name that other programs wrote down.

    \b
    encoded      facedex recognises the person by it
    unencodable  the named box is kept, but the face is too small or unclear,
                 or its photo cannot be read
    unplaced     a name that stands for the whole photo
    conflict     somebody whose word counts more says otherwise
    orphaned     the photo is not there
    unnamed      the other program had no name for it either
    ignored      put aside in the other program
    suggested    only the other program's guess, not taken over
    pending      its photo has not been searched yet
    """
    library = context.open_library()
    try:
        found = library.ledger()
    finally:
        library.close()
    if as_json:
        print_json(found)
        return
    if not found.sources:
        print("No .picasa.ini and no XMP tags were found in the folders that were scanned.")
        return
    _print_outcomes(found)
    _print_recall(found)
    _print_details(found)


def _print_outcomes(found: Ledger) -> None:
    names = [field.name for field in fields(Outcomes)]
    sums = [astuple(line.outcomes) for line in found.sources]
    # what happened nowhere needs no column
    used = [i for i, name in enumerate(names) if name == "found" or any(one[i] for one in sums)]
    head = [names[i] for i in used]

    def counts(outcomes: Outcomes) -> list[int]:
        return [astuple(outcomes)[i] for i in used]

    print_table(
        ("source", "files", "photos", *head),
        (
            (_KINDS[line.kind], line.n_sources, line.n_photos, *counts(line.outcomes))
            for line in found.sources
        ),
    )
    print()
    print_table(
        ("name", "contact", *head),
        (
            (line.name or "(nobody)", line.contact_id, *counts(line.outcomes))
            for line in found.names
        ),
    )
    total = sum(line.outcomes.found for line in found.sources)
    n_files = sum(line.n_sources for line in found.sources)
    print(
        f"\n{total:,} faces and names of {len(found.names):,} people or contacts in {n_files:,} files."
    )


def _print_recall(found: Ledger) -> None:
    if not found.recall_by_size:
        return
    print(
        "\nOf these faces the detector finds by itself, by size (of the photo's long side) and pose:"
    )
    print_table(
        ("", "named", "found", "share"),
        (
            (line.what, line.n_named, line.n_found, f"{line.n_found / line.n_named:.1%}")
            for line in (*found.recall_by_size, *found.recall_by_pose)
        ),
    )


def _print_details(found: Ledger) -> None:
    for line in found.frames:
        said = _FRAMES[line.frame]
        print(f"{_KINDS[line.kind]}: {line.n_regions:,} with coordinates that say: {said}")
    _print_lines(
        "Contradictions, and who stands",
        [
            f"{one.photo}: {_KINDS[one.kind]} says {one.says}; {one.stands or 'nobody'} stands,"
            f" by {one.by}"
            for one in found.conflicts
        ],
    )
    _print_lines(
        "Photos that are not there",
        [f"{path}: {photo} ({n} named)" for path, photo, n in found.missing],
    )
    _print_lines(
        "Not understood", [f"{path}: {line}" for path, lines in found.problems for line in lines]
    )


def _print_lines(head: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    print(f"\n{head} ({len(lines):,}):")
    for line in lines[:_MOST_LINES]:
        print(f"  {printable(line)}")
    if len(lines) > _MOST_LINES:
        print(f"  and {len(lines) - _MOST_LINES:,} more; --json has them all")
