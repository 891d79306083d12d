"""``facedex relearn``: every decision again, on another model or in a fresh library."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json
from facedex.cli.engine_options import as_last_time
from facedex.cli.progress import BarSink, PlainSink
from facedex.cli.signals import stop_signals

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.decisions.relearn import RelearnReport


@click.command()
@click.option(
    "--from",
    "other",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Another library.db, or its folder, to take all decisions from; it is only read.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def relearn(context: Context, other: Path | None, dry_run: bool, as_json: bool) -> None:
    """Make sure that every name you ever gave is there, and known by it.

    After a scan with another model, named faces that its detector missed are encoded, so that their
    people are recognised by them too. In a fresh library, names come from the old one's file: faces
    are found again by their picture and place, and where no face is found the named box is kept.

    \b
    facedex relearn                          after a scan with another model or detector
    facedex relearn --from OLD/library.db    in a fresh library, after scanning the photos
    facedex relearn --from OLD --dry-run     what that would do
    """
    context.open_library().close()  # a library must be there
    from facedex.services.decisions.relearn import relearn as run
    from facedex.types import ScanOptions

    settings = as_last_time(context.settings(), is_quiet=True)
    options = ScanOptions(settings.engine(), (), settings.n_workers())
    sink = BarSink() if sys.stderr.isatty() else PlainSink()
    with stop_signals() as stop:
        report = run(
            settings.library, options, sink, lambda: bool(stop), other=other, is_dry_run=dry_run
        )
    if as_json:
        print_json(asdict(report))
    else:
        _print_report(report, dry_run)
    sys.exit(128 + stop[0] if stop else 0)


def _print_report(report: RelearnReport, is_dry_run: bool) -> None:
    will = "would be" if is_dry_run else "were"
    print(f"Decided faces   {report.n_same:,} are as they were")
    print(f"Found again     {report.n_named:,} {will} named")
    print(f"Named boxes     {report.n_boxes:,} {will} kept where no face is found")
    if report.n_kept:
        print(f"Left            {report.n_kept:,} that were decided otherwise here")
    if report.n_absent:
        print(
            f"Not here        {report.n_absent:,}; scan the folders of their photos, then relearn"
            " again"
        )
    if is_dry_run:
        return
    if report.n_people:
        print(f"People          {report.n_people:,} came back")
    if report.n_encoded or report.n_unencodable:
        print(
            f"Encoded         {report.n_encoded:,} named faces, and {report.n_unencodable:,} that"
            " show too little"
        )
    print(f"Suggestions     {report.n_suggested:,}")
