"""``facedex confirm``: all suggestions that are sure enough, at once."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json
from facedex.types import SURE

if TYPE_CHECKING:
    from facedex.cli.context import Context
    from facedex.services.decisions.decide_sure import SureSuggestions

_MANY = 10_000  # faces that take more than a second


@click.command()
@click.option(
    "--least",
    "percent",
    type=click.FloatRange(50, 100),
    default=100 * SURE,
    show_default=True,
    metavar="PERCENT",
    help="How sure a suggestion must be.",
)
@click.option(
    "--person", "names", multiple=True, metavar="NAME", help="Only this person's; again for more."
)
@click.option("--yes/--dry-run", "is_sure", help="Do it, or only tell how many (default).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def confirm(
    context: Context, percent: float, names: tuple[str, ...], is_sure: bool, as_json: bool
) -> None:
    """Confirm the suggestions that are sure, without looking at each.

    Suggestions are made anew before, from what you decided up to now, and after. Do it again for
    those that have become sure by it. It is one step for `facedex undo`, however many faces it
    names.

    \b
    facedex confirm                        how many there are
    facedex confirm --yes                  confirm them
    facedex confirm --least 99.9 --person "Ada Lovelace" --yes
    """
    least = percent / 100
    with context.open_library() as library:
        people = [library.look.get_person_id(name) for name in names] if names else None
        n_suggested = library.rematch()
        found = library.look.count_sure(least, people)
        n_confirmed = 0
        if is_sure and found.n_faces:
            if found.n_faces > _MANY:
                print(f"Confirming {found.n_faces:,} faces...", file=sys.stderr)
            n_confirmed = len(library.decide.confirm_sure(least, people, counted=found).faces)
            n_suggested = library.rematch()
    if as_json:
        print_json({**asdict(found), "n_confirmed": n_confirmed, "n_suggested": n_suggested})
    else:
        _print(found, n_confirmed, n_suggested, is_done=is_sure)


def _print(found: SureSuggestions, n_confirmed: int, n_suggested: int, *, is_done: bool) -> None:
    at_least = f"at least {100 * found.least:.6g} % sure"
    if not found.n_faces:
        print(f"No suggestion is {at_least}; there are {n_suggested:,} suggestions.")
        return
    people = "person" if found.n_people == 1 else "people"
    faces = "face" if found.n_faces == 1 else "faces"
    print(
        f"{found.n_faces:,} {faces} of {found.n_people:,} {people}: suggestions that are"
        f" {at_least}."
    )
    print(f"Expected wrong  {found.n_wrong:.1f}")
    if is_done:
        print(f"Confirmed       {n_confirmed:,}; facedex undo takes it back")
        print(f"Suggestions     {n_suggested:,} are left")
    else:
        print(
            "No name is changed; suggestions are up to date. To confirm them: the same with --yes"
        )
