"""``facedex status``: how much there is, and what is left to do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from facedex.cli.context import print_json, printable
from facedex.types import SURE

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.recognising.metric_choice import MetricChoice


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """Show how much the library holds, when it was last scanned, and what is left to do."""
    with context.open_library() as library:
        counts, roots, last = library.look.counts(), library.look.roots(), library.look.last_scan()
        directory, metric = library.directory, library.look.metric()
        n_sure = library.look.count_sure(SURE).n_faces
    if as_json:
        facts = {
            "library": str(directory),
            "roots": roots,
            "last_scan": last,
            "metric": metric,
            **asdict(counts),
            "n_sure": n_sure,
        }
        print_json(facts)
        return
    print(f"Library    {printable(directory)}")
    for root in roots:
        where = "" if root["state"] == "online" else "  (offline)"
        print(f"Folder     {printable(root['path'])}: {root['n_photos']:,} photos{where}")
    waiting = f", of which {counts.n_pending:,} wait to be read" if counts.n_pending else ""
    print(f"Files      {counts.n_files:,} there{waiting}, {counts.n_missing:,} gone")
    print(f"Photos     {counts.n_photos:,}, of which {counts.n_unsearched:,} wait to be searched")
    if counts.n_companions:
        print(f"Companions {counts.n_companions:,} RAW and other photos of a moment shown once")
    print(
        f"Faces      {counts.n_faces:,}: {counts.n_confirmed:,} named,"
        f" {counts.n_suggested:,} suggested, {counts.n_ignored:,} ignored"
    )
    if n_sure:
        print(f"Sure       {n_sure:,} of the suggestions; see: facedex confirm")
    print(f"People     {counts.n_people:,}, and {counts.n_groups:,} groups nobody has named")
    if metric is not None:
        print(f"Metric     {metric.name}, {_chosen(metric)}")
    print(f"Duplicates {counts.n_duplicate_files:,} files")
    print(
        f"Problems   {counts.n_problems:,}"
        + ("; see: facedex problems" if counts.n_problems else "")
    )
    if last is not None:
        print(f"Last scan  {_when(last)}")


def _chosen(metric: MetricChoice) -> str:
    if metric.chosen_by == "default":
        return "the default; to compare: facedex audit"
    by = "chosen by you" if metric.chosen_by == "owner" else "chosen by audit"
    seen = metric.audited
    if "at" not in seen:
        return by
    return f"{by}; {seen['n_faces']:,} faces of {seen['n_people']:,} people on {seen['at'][:10]}"


def _when(last: dict[str, Any]) -> str:
    started = datetime.fromtimestamp(last["started_us"] / 1e6, UTC).astimezone()
    outcome = last["outcome"] or "running, or ended without a word"
    return f"{started:%Y-%m-%d %H:%M}, {outcome}"
