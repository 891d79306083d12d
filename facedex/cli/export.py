"""``facedex export``: the names out again, for other programs."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import sys
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, printable
from facedex.cli.progress import BarSink, PlainSink
from facedex.cli.signals import stop_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.cli.context import Context
    from facedex.services.export_xmp import XmpExport
    from facedex.services.library import Library
    from facedex.types import PersonId

_person = click.option(
    "--person", "names", metavar="NAME", multiple=True,
    help="Only this person, found by name or alias; may be given again.",
)  # fmt: skip


@click.group()
def export() -> None:
    """Take your names out, for other programs.

    Only names that you confirmed or that came from Picasa are exported; suggestions and Picasa's
    contacts without a name are not. Your photos are only read.
    """


@export.command()
@_person
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Say what would be written; write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def xmp(context: Context, names: tuple[str, ...], is_dry_run: bool, as_json: bool) -> None:
    """Write the names into .xmp files (sidecars) beside the photos.

    Each face stands there with its place in the picture, in the MWG's form and Microsoft's, and each
    name as a keyword. Every copy of a photo gets a sidecar: photo.jpg.xmp, or a photo.xmp that is
    there and belongs to no other photo. digiKam reads both once its settings tell it to read
    sidecars; Adobe's programs read photo.xmp only, and only beside RAW photos.

    A sidecar that is there keeps all else that it holds, ratings and keywords for instance; one that
    cannot be merged without loss is left as it is and listed. Names that you took back since an
    earlier export stay in it. Files that changed since the last scan are left out: scan first.

    \b
    facedex export xmp --dry-run                  what would be written
    facedex export xmp                            again: only what is new
    facedex export xmp --person "Ada Lovelace"    only this person's faces
    """
    sink = BarSink() if sys.stderr.isatty() else PlainSink()
    with _library(context) as library, stop_signals() as stop:
        report = library.export_xmp(
            _ids(library, names), sink=sink, should_stop=lambda: bool(stop), is_dry_run=is_dry_run
        )
    exit_code = 128 + stop[0] if report.is_stopped else report.exit_code
    if as_json:
        print_json({**dataclasses.asdict(report), "exit_code": exit_code})
    else:
        _print_summary(report)
    sys.exit(exit_code)


@export.command("csv")
@_person
@click.pass_obj
def export_csv(context: Context, names: tuple[str, ...]) -> None:
    """Print the faces with names as comma-separated values, a face a line.

    left_px to bottom_px are pixels of the picture as you see it, x0 to y1 the same as shares of it,
    stored_x0 to stored_y1 shares of the picture as it lies in the file. A face on a RAW photo and
    on the JPEG beside it has two lines; the RAW's names the other in companion_of.

    \b
    facedex export csv > faces.csv
    """
    from facedex.services.records import NamedFaceRow

    with _library(context) as library:
        found = library.named_faces(_ids(library, names))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in dataclasses.fields(NamedFaceRow))
    show = printable if sys.stdout.isatty() else str
    for row in found:
        writer.writerow("" if v is None else show(v) for v in dataclasses.astuple(row))


@export.command("json")
@_person
@click.pass_obj
def export_json(context: Context, names: tuple[str, ...]) -> None:
    """Print the faces with names as JSON; the fields are those of `facedex export csv`.

    \b
    facedex export json --person "Ada Lovelace" > ada.json
    """
    with _library(context) as library:
        print_json(library.named_faces(_ids(library, names)))


def _ids(library: Library, names: tuple[str, ...]) -> list[PersonId] | None:
    return [library.get_person_id(name) for name in names] or None


@contextlib.contextmanager
def _library(context: Context) -> Iterator[Library]:
    library = context.open_library()
    try:
        yield library
    finally:
        library.close()


def _print_summary(report: XmpExport) -> None:
    """Print what came of it; the problems were printed when they were met."""
    if report.is_dry_run:
        for path in report.written:
            print(printable(path))
    done = "to be written" if report.is_dry_run else "written"
    stopped = "Stopped. " if report.is_stopped else ""
    print(
        f"{stopped}Sidecars: {len(report.written):,} {done}, {report.n_unchanged:,} have the names"
        f" already; {report.n_photos:,} photos with names, {report.n_files:,} files."
    )
    if report.n_missing or report.n_offline:
        print(f"Left out: {report.n_missing:,} files that are gone, {report.n_offline:,} offline.")
    if report.n_changed:
        print(f"Left out: {report.n_changed:,} files that changed; first: facedex scan")
    if report.problems:
        print(f"Could not be written, left as they were: {len(report.problems):,}")
