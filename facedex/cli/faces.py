"""``facedex faces``: the faces, by photo."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table
from facedex.types import FaceState

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.option("--person", metavar="NAME", help="Only faces of this person, suggested ones too.")
@click.option(
    "--state", type=click.Choice([state.value for state in FaceState]), help="Only this state."
)
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def faces(
    context: Context, person: str | None, state: str | None, limit: int, as_json: bool
) -> None:
    """List faces by photo: whose they are, how sure that is, and where in the picture.

    A face on a JPEG and on the RAW beside it is listed once; the RAW stands in the last column.

    \b
    facedex faces --person "Ada Lovelace"
    facedex faces --state suggested --json
    """
    with context.open_library() as library:
        if person is not None:
            library.look.get_person_id(person)  # nobody of this name is a mistake, no empty list
        found = library.look.find_faces(person, state, limit)
    if as_json:
        print_json([asdict(face) for face in found])
        return
    print_table(
        (
            "face", "state", "person", "probability", "distance",
            "left", "top", "right", "bottom", "photo", "also on",
        ),
        (
            (
                f.face_id, f.state.value, f.person_name, f.probability, f.distance,
                f.box.x0, f.box.y0, f.box.x1, f.box.y1, f.path, f.companion,
            )
            for f in found
        ),
    )  # fmt: skip
