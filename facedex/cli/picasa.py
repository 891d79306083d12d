"""``facedex picasa``: what was taken over from Picasa, and from all other sources of names."""

from __future__ import annotations

import sys
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json, print_table, printable
from facedex.cli.engine_options import as_last_time
from facedex.cli.progress import BarSink, PlainSink
from facedex.cli.signals import stop_signals
from facedex.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facedex.cli.context import Context
    from facedex.services.names_in.import_picasa import FolderMatch, PicasaImport, PicasaPlan
    from facedex.services.telling.records import Ledger, NameWithoutSource, Outcomes

_FRAMES = {
    "stored": "fits the photo's pixels", "swapped": "fits the photo turned by a quarter",
    "shown": "fits the photo as it is shown", "other": "fits another size",
    "unstated": "no size is stated",
    "unknown": "fits no size",
}  # fmt: skip
_MOST_LINES = 20


@click.group()
def picasa() -> None:
    """See what was taken over from Picasa and other programs.

    Names are taken over by `facedex scan`, from the .picasa.ini files beside the photos, from the
    XMP tags of photos and sidecars, and from Google Takeout. Picasa's own files are never written.
    """


@picasa.command("import")
@click.option(
    "--db3",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Picasa's folder db3; by default it is looked for in its usual places.",
)
@click.option(
    "--map",
    "pairs",
    metavar="FOLDER=HERE",
    multiple=True,
    help="A folder as Picasa wrote it, and the one here that it means; may be given again.",
)
@click.option("--yes", is_flag=True, help="Use the folders that are proposed without asking.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would be taken over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    context: Context,
    /,
    db3: Path | None,
    pairs: tuple[str, ...],
    yes: bool,
    is_dry_run: bool,
    as_json: bool,
) -> None:
    """Take over the names in Picasa's own database, and the contacts beside it.

    `facedex scan` has taken over what stands in the .picasa.ini files. The database knows more:
    faces that were put aside, names that were never written beside the photos, people whom only it
    names. Copy the folder Google/Picasa2 from the old machine; nothing in it is changed.

    DIR may also be a copy of Picasa's data, or of the whole home; where there are only contacts,
    these are taken over.

    The database has the old machine's paths. Where --map does not say which folder they mean, the
    one is proposed in which the same files lie.

    \b
    facedex picasa import --db3 ~/old/Google/Picasa2/db3
    facedex picasa import --db3 DIR --map 'D:/Photos=/mnt/photos'
    facedex picasa import --db3 DIR --dry-run        what would be taken over
    """
    from facedex.services.names_in.import_picasa import plan_import, run_import
    from facedex.types import ScanOptions

    settings = as_last_time(context.settings(), is_quiet=True)
    plan = plan_import(settings.library, db3, _parse_map(pairs))
    if plan.matches and not as_json:
        _print_matches(plan.matches)
    if plan.is_proposed and not is_dry_run and not yes:
        _confirm()
    with stop_signals() as stop:
        done = run_import(
            settings.library,
            plan,
            ScanOptions(settings.engine(), (), settings.n_workers()),
            BarSink() if sys.stderr.isatty() else PlainSink(),
            lambda: bool(stop),
            is_dry_run=is_dry_run,
        )
    if as_json:
        problems = plan.database.problems if plan.database else ()
        print_json({"folders": plan.matches, "outcomes": done.outcomes, "problems": problems})
    else:
        _print_import(plan, done, is_dry_run)


def _print_import(plan: PicasaPlan, done: PicasaImport, is_dry_run: bool) -> None:
    if done.outcomes is None or plan.database is None:
        where = printable(str(plan.contacts[0]))
        print(f"Read {where}: of the people without a name, {done.n_named:,} have theirs now.")
        return
    counts = asdict(done.outcomes)
    words = [f"{n:,} {name}" for name, n in counts.items() if n and name != "found"]
    would = "would be" if is_dry_run else "are"
    print(f"Of {counts['found']:,} faces and names there {would}: {', '.join(words) or 'none'}.")
    if plan.database.problems:
        print(f"Not understood: {len(plan.database.problems):,}; facedex picasa report lists them.")


def _parse_map(pairs: Sequence[str]) -> dict[str, str]:
    table = {}
    for pair in pairs:
        folder, equals, here = pair.partition("=")
        if not (equals and folder and here):
            raise UsageError(f"{pair!r} is not FOLDER=HERE, as in 'D:\\Photos=/mnt/photos'")
        if not Path(here).is_dir():
            raise UsageError(f"{here} is not a folder here; --map {pair!r}")
        table[folder] = str(Path(here).absolute())
    return table


def _print_matches(matches: Sequence[FolderMatch]) -> None:
    print_table(
        ("Picasa's folder", "photos", "means here", "found there"),
        ((m.folder, m.n_photos, m.here or "(nothing)", m.n_here) for m in matches),
    )


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "these folders are only proposed; say --yes if they are right, or --map FOLDER=HERE"
        )
    click.confirm("Are these folders right?", abort=True, err=True)


@picasa.command()
@click.option(
    "--dry-run",
    "folders",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    multiple=True,
    help="Of this folder, before any scan: what its .picasa.ini files and sidecars would give.",
)
@click.option(
    "--contacts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --dry-run: Picasa's contacts.xml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def report(
    context: Context, folders: tuple[Path, ...], contacts: Path | None, as_json: bool
) -> None:
    """Account for every face and name that other programs wrote down.

    \b
    encoded      facedex recognises the person by it
    unencodable  the named box is kept, but the face is too small or unclear,
                 or its photo cannot be read
    unplaced     a name that stands for the whole photo
    conflict     somebody whose word counts more says otherwise
    orphaned     the photo is not there
    unnamed      the other program had no name for it either
    ignored      put aside in the other program
    suggested    only the other program's guess, not taken over
    pending      its photo has not been searched yet

    \b
    facedex picasa report --dry-run ~/Pictures       before the first scan
    facedex picasa report                            after it
    """
    if folders:
        found = _preview(folders, contacts)
    else:
        with context.open_library() as library:
            found = library.look.ledger()
    if as_json:
        print_json(found)
        return
    if not found.sources:
        print(
            "No .picasa.ini, no XMP tags and no Google Takeout were found in the folders that were"
            " scanned."
        )
        return
    _print_outcomes(found)
    _print_recall(found)
    _print_details(found)


def _preview(folders: tuple[Path, ...], contacts: Path | None) -> Ledger:
    from facedex.services.scanning.preview_names import preview_names

    sink = BarSink() if sys.stderr.isatty() else PlainSink()
    with stop_signals() as stop:
        found = preview_names(folders, contacts, sink, lambda: bool(stop))
    if stop:
        sys.exit(128 + stop[0])
    return found


def _print_outcomes(found: Ledger) -> None:
    names = [field.name for field in fields(found.sources[0].outcomes)]
    sums = [astuple(line.outcomes) for line in found.sources]
    # what happened nowhere needs no column
    used = [i for i, name in enumerate(names) if name == "found" or any(one[i] for one in sums)]
    head = [names[i] for i in used]

    def counts(outcomes: Outcomes) -> list[int]:
        return [astuple(outcomes)[i] for i in used]

    print_table(
        ("source", "files", "photos", *head),
        (
            (found.titles[line.kind], line.n_sources, line.n_photos, *counts(line.outcomes))
            for line in found.sources
        ),
    )
    print()
    print_table(
        ("name", "contact", *head),
        (
            (line.name or "(nobody)", line.contact_id, *counts(line.outcomes))
            for line in found.names
        ),
    )
    total = sum(line.outcomes.found for line in found.sources)
    n_files = sum(line.n_sources for line in found.sources)
    print(
        f"\n{total:,} faces and names of {len(found.names):,} people or contacts"
        f" in {n_files:,} files."
    )


def _print_recall(found: Ledger) -> None:
    if not found.recall_by_size:
        return
    print(
        "\nOf these faces the detector finds by itself, by size (of the photo's long side)"
        " and pose:"
    )
    print_table(
        ("", "named", "found", "share"),
        (
            (line.what, line.n_named, line.n_found, f"{line.n_found / line.n_named:.1%}")
            for line in (*found.recall_by_size, *found.recall_by_pose)
        ),
    )


def _print_details(found: Ledger) -> None:
    for line in found.frames:
        meaning = _FRAMES.get(line.frame, line.frame)
        print(f"{found.titles[line.kind]}: {line.n_regions:,} with coordinates that say: {meaning}")
    _print_lines(
        "Contradictions, and who stands",
        [
            f"{one.photo}: {found.titles[one.kind]} says {one.says};"
            f" {one.stands or 'nobody'} stands,"
            f" by {one.by}"
            for one in found.conflicts
        ],
    )
    _print_lines(
        "Contacts with several names, and who they are",
        [
            f"{contact}: Picasa says {', '.join(names)}; {person or 'nobody'} stands"
            for contact, person, names in found.renamed_contacts
        ],
    )
    _print_doubtful(found)
    _print_lines(
        "Photos that are not there",
        [
            f"{path}: {photo or 'whose sidecar it is, is not known'} ({n} named)"
            for path, photo, n in found.missing
        ],
    )
    _print_lines("Copies of inis, which are not read", found.ini_copies)
    _print_lines(
        "Contact ids that are probably one person",
        [", ".join(ids) for ids in found.same_web_contact],
    )
    _print_lines(
        "Not understood", [f"{path}: {line}" for path, lines in found.problems for line in lines]
    )


def _print_doubtful(found: Ledger) -> None:
    _print_lines(
        "The same person twice on one photo",
        [
            f"{one.photo}: {one.name} on {one.n_faces} faces, by {' and '.join(one.sources)}"
            for one in found.twice_on_photo
        ],
    )
    _print_lines(
        "Names whose source no longer says so",
        [_without_source(found, one) for one in found.without_source],
    )


def _without_source(found: Ledger, one: NameWithoutSource) -> str:
    where = "a face" if one.is_of_face else "the whole photo"
    source = f", {one.source}" if one.source else ""
    return (
        f"{one.photo}: {one.name} on {where}, from {found.titles.get(one.kind, one.kind)}{source}"
    )


def _print_lines(head: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    print(f"\n{head} ({len(lines):,}):")
    for line in lines[:_MOST_LINES]:
        print(f"  {printable(line)}")
    if len(lines) > _MOST_LINES:
        print(f"  and {len(lines) - _MOST_LINES:,} more; --json has them all")
