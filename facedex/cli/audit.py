"""``facedex audit``: which metric tells this library's people apart best."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table
from facedex.types import MetricName

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.recognising.audit import AuditReport

_AUTO = "auto"


@click.command()
@click.option(
    "--use",
    type=click.Choice([_AUTO, *(name.value for name in MetricName)]),
    help="Use this metric from now on, whatever audits say; auto lets them choose again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def audit(context: Context, use: str | None, as_json: bool) -> None:
    """Compare the ways to take distances on your own named faces, and use the best.

    Nothing but the suggestions changes by it. The table says how many faces of known people are
    recognised while 1 % and 0.1 % of strangers' faces are taken for somebody; half of your people
    play the strangers. Another metric is used only if it is clearly better. A second table says how
    many suggestions are right, by their probability; those from 99.5 % on are what is called sure.
    """
    with context.open_library() as library:
        if use is not None:
            library.use_metric(None if use == _AUTO else MetricName(use))
        report = library.look.audit()
        n_suggested = library.rematch()
    if as_json:
        print_json({**_facts(report), "n_suggested": n_suggested})
        return
    _print(report, n_suggested)


def _facts(report: AuditReport) -> dict[str, object]:
    return {
        "metric": report.after.name,
        "chosen_by": report.after.chosen_by,
        "before": report.before.name,
        "n_faces": report.n_faces,
        "n_people": report.n_people,
        "shortage": report.shortage,
        "slope": report.after.slope,
        "shift": report.after.shift,
        "metrics": [
            {
                "name": mark.name,
                "recall": mark.recall,
                "strict_recall": mark.strict_recall,
                "first": mark.first,
            }
            for mark in report.marks
        ],
        "reliability": [asdict(each) for each in report.reliability],
    }


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _print(report: AuditReport, n_suggested: int) -> None:
    print(f"{report.n_faces:,} named faces of {report.n_people:,} people")
    if report.marks:
        print_table(
            ("metric", "recall at 1 %", "at 0.1 %", "right if nearest"),
            ((m.name.value, m.recall, m.strict_recall, m.first) for m in report.marks),
        )
        print_table(
            ("probability", "suggested", "stated", "right", "strangers"),
            (
                (
                    f"{each.least:.1%} to {each.most:.1%}",
                    each.n_faces,
                    _percent(each.stated),
                    _percent(each.right),
                    each.n_strangers,
                )
                for each in report.reliability
            ),
        )
    else:
        print(report.shortage)
    chosen = {"owner": "as you chose", "audit": "by this audit", "default": "the default"}
    was = "" if report.before.name is report.after.name else f" instead of {report.before.name}"
    print(f"In use: {report.after.name}{was}, {chosen[report.after.chosen_by]}")
    print(f"{n_suggested:,} suggestions")
