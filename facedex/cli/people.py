"""``facedex people``: everybody with their number of faces; merging, renaming and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table, printable
from facedex.errors import UsageError

if TYPE_CHECKING:
    from facedex.cli.context import Context

_TAKE_BACK = "Take it back with: facedex undo"


@click.group(invoke_without_command=True)
@click.option("--person", metavar="NAME", help="Only this person, found by name or alias.")
@click.option("--born", metavar="DATE", help="Say when PERSON was born: 1950, 1950-03, 1950-03-21.")
@click.option("--died", metavar="DATE", help='Say when PERSON died; "" takes a date away.')
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def people(
    ctx: click.Context, person: str | None, born: str | None, died: str | None, as_json: bool
) -> None:
    """List the people and how many of their faces are confirmed and suggested.

    \b
    facedex people --person "Ada Lovelace" --born 1815-12-10 --died 1852

    Nobody is suggested on photos taken before they were born or long after they died.
    """
    context: Context = ctx.obj
    is_changing = (born, died) != (None, None)
    if ctx.invoked_subcommand is not None:
        if person is not None or is_changing or as_json:
            raise UsageError("options of facedex people do not go with its commands")
        return
    if is_changing and person is None:
        raise UsageError("say whose date it is: --person NAME")
    with context.open_library() as library:
        person_id = None if person is None else library.look.get_person_id(person)
        if person_id is not None and is_changing:
            library.decide.set_dates(person_id, born=born, died=died)
            library.rematch()  # nobody is suggested out of their time from now on
        found = [each for each in library.look.people() if person_id in {None, each.person_id}]
    if as_json:
        print_json(found)
        return
    print_table(
        ("name", "confirmed", "suggested", "born", "died", "also called"),
        (
            (p.name, p.n_confirmed, p.n_suggested, p.born, p.died, ", ".join(p.aliases))
            for p in found
        ),
    )


@people.command()
@click.argument("name")
@click.argument("into")
@click.option("--yes", is_flag=True, help="Also if both stand on one photo.")
@click.pass_obj
def merge(context: Context, name: str, into: str, yes: bool) -> None:
    """Make one person of two: NAME becomes another name of INTO.

    INTO gets all faces, suggestions and rejections, Picasa contacts and dates of NAME.
    """
    with context.open_library() as library:
        one, other = library.look.get_person_id(name), library.look.get_person_id(into)
        preview = library.look.preview_merge(one, other)
        if preview.n_together and not yes:
            photos = "a photo" if preview.n_together == 1 else f"{preview.n_together:,} photos"
            raise UsageError(
                f"{preview.name} and {preview.into_name} stand together on {photos}, so they are"
                " hardly one person; --yes merges them"
            )
        library.decide.merge_people(one, other)
    print(printable(f"{preview.name} is {preview.into_name} now: {preview.n_faces:,} faces moved."))
    print(_TAKE_BACK)


@people.command()
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
def rename(context: Context, name: str, new_name: str) -> None:
    """Give a person another name; faces, number and dates stay."""
    with context.open_library() as library:
        decided = library.decide.rename_person(library.look.get_person_id(name), new_name)
    print(_TAKE_BACK if decided else "That is the name already.")


@click.command()
@click.pass_obj
def undo(context: Context) -> None:
    """Take the last decision back, in the window or here; again for the one before.

    There is no limit, and closing facedex forgets nothing. See also: facedex redo
    """
    with context.open_library() as library:
        undone = library.decide.undo()
    print(printable(undone.summary) if undone else "There is nothing to undo.")


@click.command()
@click.pass_obj
def redo(context: Context) -> None:
    """Do again what was taken back last, unless something else was decided since.

    See also: facedex undo
    """
    with context.open_library() as library:
        redone = library.decide.redo()
    print(printable(redone.summary) if redone else "There is nothing to redo.")
