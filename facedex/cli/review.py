"""``facedex review``: what to decide next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.reviewing.questions import Question


@click.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the numbers of the faces.")
@click.pass_obj
def review(context: Context, limit: int, as_json: bool) -> None:
    """List the questions whose answers name most faces, the best first.

    In the window (facedex view) they stand under Review, one at a time, to be answered with a key.
    The worth is how many faces an answer is expected to name.
    """
    with context.open_library() as library:
        found = library.review.questions(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ("worth", "faces", "question", "probability"),
        ((q.worth, len(q.face_ids), _in_words(q), q.probability) for q in found),
    )


def _in_words(question: Question) -> str:
    if question.kind == "suggested":
        return f"are these {question.person_name}?"
    if question.kind == "who":
        group = question.cluster_id
        return "who is this?" if group is None else f"who is group {group}?"
    if question.merged_id is not None:
        return f"are {question.merged_name} and {question.person_name} one person?"
    if question.person_id is not None:
        group = question.cluster_id
        asked = "this" if group is None else f"group {group}"
        return f"is {asked} {question.person_name}?"
    return f"are groups {question.cluster_id} and {question.other_cluster_id} one person?"
