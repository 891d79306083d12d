"""``facedex export``: the names out again, for other programs."""

from __future__ import annotations

import csv
import dataclasses
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, printable
from facedex.cli.progress import BarSink, PlainSink
from facedex.cli.signals import stop_signals
from facedex.errors import UsageError

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.library import Library
    from facedex.services.names_out.export_xmp import XmpExport
    from facedex.types import PersonId

_FOLDERS_SHOWN = 10
_person = click.option(
    "--person", "names", metavar="NAME", multiple=True,
    help="Only this person, found by name or alias; may be given again.",
)  # fmt: skip


@click.group()
def export() -> None:
    """Take your names out, for other programs.

    Only names that you confirmed or that another program knew are exported; suggestions and
    Picasa's contacts without a name are not. Your photos are only read, unless you say `--write
    file`.
    """


@export.command()
@_person
@click.option(
    "--write", "place", type=click.Choice(["sidecar", "file"]), default="sidecar",
    help="Into .xmp files beside the photos (default), or into the photos' own files.",
)  # fmt: skip
@click.option("--yes", "is_sure", is_flag=True, help="With --write file: do not ask.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Say what would be written; write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def xmp(
    context: Context,
    names: tuple[str, ...],
    place: str,
    is_sure: bool,
    is_dry_run: bool,
    as_json: bool,
) -> None:
    """Write the names into .xmp files (sidecars) beside the photos, or into the photos.

    Each face stands there with its place in the picture, in the MWG's form and Microsoft's, and
    each name as a keyword, as a person in the image, and as a path under People. That is what
    digiKam, Lightroom, Windows and exiftool read: there is no other export for them.

    Every copy of a photo gets a sidecar: photo.jpg.xmp, or a photo.xmp that is there and belongs to
    no other photo. digiKam reads both once its settings tell it to read sidecars; Adobe's programs
    read photo.xmp only, and only beside RAW photos.

    --write file writes into JPEG, PNG and WebP photos, after it has asked; every other photo, and
    one that cannot be changed without loss, gets a sidecar. The pictures stay bit by bit as they
    are.

    All that others wrote stays, ratings and keywords for instance. What facedex wrote at an earlier
    export is taken out where it is no longer true. A file that cannot be changed without loss is
    left as it is and listed. Files that changed since the last scan are left out: scan first.

    \b
    facedex export xmp --dry-run                  what would be written
    facedex export xmp                            again: only what is new
    facedex export xmp --person "Ada Lovelace"    only this person's faces
    facedex export xmp --write file               into the photos themselves
    """
    sink = BarSink() if sys.stderr.isatty() else PlainSink()
    with context.open_library() as library:
        people = _ids(library, names)
        if place == "file" and not (is_sure or is_dry_run):
            _ask(library.look.count_writable(people))
        with stop_signals() as stop:
            report = library.export_xmp(
                people, into_photos=place == "file", sink=sink, should_stop=lambda: bool(stop),
                is_dry_run=is_dry_run,
            )  # fmt: skip
    exit_code = 128 + stop[0] if report.is_stopped else report.exit_code
    if as_json:
        print_json({**dataclasses.asdict(report), "exit_code": exit_code})
    else:
        _print_summary(report, "Sidecars" if place == "sidecar" else "Photos and sidecars")
    sys.exit(exit_code)


def _ask(folders: dict[str, int]) -> None:
    """Ask whether photos may be changed; go on only with a yes.

    Raises
    ------
    UsageError
        If nobody is there to answer.
    """
    if not folders:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "writing into photos needs a yes: add --yes, or --dry-run to see what it does"
        )
    n_photos = sum(folders.values())
    print(
        f"Names will be written into up to {n_photos:,} photos, in these folders:", file=sys.stderr
    )
    for folder, count in list(folders.items())[:_FOLDERS_SHOWN]:
        print(f"  {printable(folder)} ({count:,})", file=sys.stderr)
    if len(folders) > _FOLDERS_SHOWN:
        print(f"  and {len(folders) - _FOLDERS_SHOWN:,} more", file=sys.stderr)
    click.confirm("The pictures in them stay as they are. Write?", abort=True, err=True)


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
    from facedex.services.telling.records import NamedFaceRow

    with context.open_library() as library:
        found = library.look.named_faces(_ids(library, names))
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
    with context.open_library() as library:
        print_json(library.look.named_faces(_ids(library, names)))


def _ids(library: Library, names: tuple[str, ...]) -> list[PersonId] | None:
    return [library.look.get_person_id(name) for name in names] or None


def _print_summary(report: XmpExport, what: str) -> None:
    """Print what came of it; the problems were printed when they were met."""
    if report.is_dry_run:
        for path in report.written:
            print(printable(path))
    done = "to be written" if report.is_dry_run else "written"
    stopped = "Stopped. " if report.is_stopped else ""
    print(
        f"{stopped}{what}: {len(report.written):,} {done}, {report.n_unchanged:,} have the names"
        f" already; {report.n_photos:,} photos with names, {report.n_files:,} files."
    )
    reasons = Counter(each.reason for each in report.instead)
    for reason, count in reasons.most_common():
        print(f"Into sidecars instead: {count:,}, because {printable(reason)}")
    if report.n_outdated:
        print(
            "Photos that hold names of an earlier export that are no longer true:"
            f" {report.n_outdated:,};"
            " to put them right: facedex export xmp --write file"
        )
    if report.n_missing or report.n_offline:
        print(f"Left out: {report.n_missing:,} files that are gone, {report.n_offline:,} offline.")
    if report.n_changed:
        print(f"Left out: {report.n_changed:,} files that changed; first: facedex scan")
    if report.problems:
        print(f"Could not be written, left as they were: {len(report.problems):,}")
