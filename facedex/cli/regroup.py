"""``facedex regroup``: grouping all unknown faces anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.decisions.regroup import RegroupReport


@click.command()
@click.option("--yes/--dry-run", "is_sure", help="Do it, or only tell what would change (default).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def regroup(context: Context, is_sure: bool, as_json: bool) -> None:
    """Group all unknown faces anew, as if all photos had come at once.

    New photos never move a face that is in a group. After many scans that leaves people in pieces
    who would be one group by now: this command puts them together. Named faces, and groups that you
    merged or split, stay as they are. It is one step for `facedex undo`.

    \b
    facedex regroup          what would change
    facedex regroup --yes    do it
    """
    with context.open_library() as library:
        report = library.decide.regroup() if is_sure else library.look.preview_regroup()
    if as_json:
        print_json(report)
    else:
        _print_report(report, is_sure)


def _print_report(report: RegroupReport, is_done: bool) -> None:
    print(f"Unknown faces   {report.n_faces:,}")
    print(f"Groups          {report.n_groups_before:,}, then {report.n_groups_after:,}")
    print(f"Put together    {report.n_merged:,} groups from several")
    print(f"Taken apart     {report.n_split:,} groups")
    print(f"Faces           {report.n_moved:,} leave their group, {report.n_joined:,} join one")
    if not is_done:
        print("Nothing is changed. To do this: facedex regroup --yes")
