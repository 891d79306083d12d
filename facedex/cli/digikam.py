"""``facedex digikam``: taking over names from digiKam's database."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table, printable
from facedex.cli.engine_options import as_last_time
from facedex.cli.progress import BarSink, PlainSink
from facedex.cli.signals import stop_signals
from facedex.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.cli.context import Context
    from facedex.services.names_in.import_digikam import DigikamReport

_MOST_PROBLEMS = 20
_OUTCOMES = {
    "encoded": "named, and facedex recognises the person by it",
    "unencodable": "named, but too small or unclear to recognise anybody by",
    "unplaced": "a name that stands for the whole photo",
    "conflict": "left: you, or Picasa, say otherwise",
    "orphaned": "on a photo that is not in the library",
    "ignored": "ignored in digiKam, and here where you said nothing else",
    "suggested": "digiKam's guess, which is not taken over",
    "unnamed": "found by digiKam, and not named",
    "pending": "named, where no face is found so far: to be kept as a named box",
}


@click.group()
def digikam() -> None:
    """Take over names that were given in digiKam.

    Names that digiKam wrote into the photos or into sidecars are taken over by `facedex scan`. Its
    database knows more: names that were never written, and faces that were ignored.
    """


@digikam.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--map",
    "pairs",
    metavar="COLLECTION=FOLDER",
    multiple=True,
    help="Where a collection of digiKam's is here: its label or its folder in digiKam, and the"
    " folder here. May be given several times, and is remembered.",
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only tell what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    context: Context, file: Path, pairs: tuple[str, ...], is_dry_run: bool, as_json: bool
) -> None:
    """Take over the people in digiKam's database, FILE (digikam4.db, or its folder).

    Scan the photos first. The database is only read, from a copy; digiKam may be running. Faces
    that were named in digiKam are confirmed, those that were ignored there are ignored, and what
    digiKam only guesses is left alone. What you decided in facedex is never changed. Do it again
    whenever digiKam knows more.

    digiKam shows where its database is in Settings, Configure digiKam, Database. One on a MySQL
    server is turned into a file by digiKam: Settings, Database Migration.

    \b
    facedex digikam import ~/Pictures --dry-run           what would be done
    facedex digikam import ~/Pictures/digikam4.db
    facedex digikam import digikam4.db --map Photos=/mnt/photos
    facedex digikam import digikam4.db --map 'D:/Photos=/mnt/photos'
    """
    context.open_library().close()  # a library must be there
    from facedex.services.names_in.import_digikam import import_digikam
    from facedex.types import ScanOptions

    settings = as_last_time(context.settings(), is_quiet=True)
    with stop_signals() as stop:
        report = import_digikam(
            settings.library,
            file,
            _parse_map(pairs),
            ScanOptions(settings.engine(), (), settings.n_workers()),
            BarSink() if sys.stderr.isatty() else PlainSink(),
            lambda: bool(stop),
            is_dry_run=is_dry_run,
        )
    if as_json:
        print_json(report)
    else:
        _print_report(report, is_dry_run)
    sys.exit(128 + stop[0] if stop else 0)


def _parse_map(pairs: Sequence[str]) -> dict[str, Path]:
    table = {}
    for pair in pairs:
        theirs, equals, here = pair.partition("=")
        if not (equals and theirs and here):
            raise UsageError(f"{pair!r} is not COLLECTION=FOLDER, as in Photos=/mnt/photos")
        if not Path(here).is_dir():
            raise UsageError(f"{here} is not a folder; --map {pair!r} names where photos are here")
        table[theirs] = Path(here).resolve()
    return table


def _print_report(report: DigikamReport, is_dry_run: bool) -> None:
    print_table(
        ("collection", "photos", "with people", "in the library", "folder here"),
        (
            (one.name, one.n_photos, one.n_told, one.n_found, one.folder or "(not known)")
            for one in report.collections
        ),
    )
    print(f"\nFaces and names in digiKam: {report.outcomes.found:,}")
    counts = asdict(report.outcomes)
    for name, meaning in _OUTCOMES.items():
        if counts[name]:
            print(f"{counts[name]:>9,}  {meaning}")
    if report.n_removed:
        print(f"Left out: {report.n_removed:,} on photos that were removed in digiKam")
    if report.n_bad:
        print(f"Could not be used: {report.n_bad:,}")
        for line in report.problems[:_MOST_PROBLEMS]:
            print(f"  {printable(line)}")
        if report.n_bad > _MOST_PROBLEMS:
            print("  and more; --json has them")
    for tags in report.namesakes:
        print(printable(f"One person here, by the name: {', '.join(tags)}"))
    for one in report.collections:
        if one.n_told and one.folder is None:
            print(
                printable(f"Not taken over: {one.name}; say where it is: --map COLLECTION=FOLDER")
            )
    if is_dry_run:
        print("Nothing was changed: it was a dry run.")
    elif report.n_people or report.n_faces:
        print(f"Changed: {report.n_faces:,} faces and {report.n_people:,} people.")
    else:
        print("Nothing has changed: all this was known.")
