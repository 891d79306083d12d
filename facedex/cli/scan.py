"""``facedex scan``: bring the library up to date."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facedex.cli.context import printable
from facedex.cli.engine_options import as_last_time, engine_options, engine_settings
from facedex.cli.progress import BarSink, JsonSink, PlainSink
from facedex.cli.signals import stop_signals

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.scanning.scan_library import ScanReport


class _Folder(click.Path):
    """A path; a shell variable that is not set is none."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path, or say that there is none."""
        if value == "":
            self.fail("the folder's name is empty", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.argument("folders", nargs=-1, type=_Folder(path_type=Path), metavar="[FOLDER]...")
@engine_options
@click.option(
    "--contacts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Picasa's contacts.xml, for names that stand in no .picasa.ini.",
)
@click.option("--log-json", is_flag=True, help="Report progress as JSON lines on stderr.")
@click.pass_obj
def scan(
    context: Context,
    /,
    folders: tuple[Path, ...],
    contacts: Path | None,
    log_json: bool,
    **flags: Any,
) -> None:
    """Look through FOLDERs for new and changed photos, find the faces, and match them.

    Folders are remembered: without any, all of them are looked through again. Files that have not
    changed are not opened. Stop it with Ctrl-C whenever you like; the next scan goes on from there.
    Photos are searched as at the last scan unless you say how. Links inside a folder are not
    followed: name what they lead to. Names given in Picasa are taken over from the .picasa.ini
    files beside the photos.

    \b
    facedex scan ~/Pictures              the first time, and to add a folder
    facedex scan                         every time after
    facedex scan --thorough              look for smaller faces, from now on; --quick ends it
    """
    from facedex.services.scanning.scan_library import scan_library
    from facedex.types import ScanOptions

    settings = as_last_time(engine_settings(context, flags), is_quiet=log_json)
    options = ScanOptions(settings.engine(), folders, settings.n_workers(), contacts)
    sink = JsonSink() if log_json else BarSink() if sys.stderr.isatty() else PlainSink()
    began = time.monotonic()
    with stop_signals() as stop:
        report = scan_library(settings.library, options, sink, lambda: bool(stop))
    exit_code = 128 + stop[0] if report.outcome == "stopped" else report.exit_code
    if isinstance(sink, JsonSink):
        seconds = round(time.monotonic() - began, 3)
        sink.summary({**asdict(report), "seconds": seconds, "exit_code": exit_code})
    _print_summary(report, time.monotonic() - began)
    sys.exit(exit_code)


def _print_summary(report: ScanReport, seconds: float) -> None:
    counts = report.counts
    n_read = counts.new + counts.changed + counts.touched + counts.moved
    lines = [
        f"{'Stopped' if report.outcome == 'stopped' else 'Done'} in {seconds:.0f} s.",
        (
            f"Files: {n_read:,} read ({counts.new:,} new, {counts.changed:,} changed,"
            f" {counts.touched:,} only touched, {counts.moved:,} moved), {counts.unchanged:,}"
            f" unchanged, {max(0, counts.gone - counts.moved):,} gone, {counts.duplicate:,}"
            " duplicates."
        ),
        (
            f"Photos searched: {counts.photos_searched:,}; faces found: {counts.faces_found:,};"
            f" suggestions: {report.n_suggested:,}; newly grouped: {report.n_grouped:,}."
        ),
    ]
    if report.n_problems:
        lines.append(f"Could not be read: {report.n_problems:,}; see: facedex problems")
    if report.n_sure:
        lines.append(
            f"Suggestions that are sure: {report.n_sure:,}; to confirm them: facedex confirm"
        )
    if report.n_suggested or report.n_grouped:
        lines.append("To name and confirm faces: facedex view")
    lines += [f"Offline, left as it was: {printable(path)}" for path in report.offline]
    print("\n".join(lines))
