"""Half of each person's photos are named by a .picasa.ini: who is found in the other half?

Makes a library of the installed command's own from LFW photos of the data folder: people with
enough photos, strangers of whom there is one. Prints, over the photos without a name,

    recall     known people's photos for which the right person is suggested
    precision  photos with a suggestion for which it is the right one

usage: python benchmarks/seeded.py [--people 120] [--strangers 400] [--seed 1]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

DATA = Path(os.environ.get("FACEDEX_TEST_DATA", Path(__file__).parents[2] / "shared/data/dev"))
# where LFW's alignment puts the face, with hair and chin, of 250 x 250 px: as Picasa draws it
RECT = (72, 60, 178, 190)
SIDE_PX = 250
MIN_PHOTOS, MAX_PHOTOS = 6, 16


def photos_by_person() -> dict[str, list[Path]]:
    """Return the LFW photos of each person."""
    found: dict[str, list[Path]] = defaultdict(list)
    with (DATA / "identities/identities.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            if row["set"] == "lfw":
                found[row["person"]].append(DATA / "identities" / row["file"])
    return found


def make_photos(
    folder: Path, n_people: int, n_strangers: int, seed: int
) -> tuple[dict[str, str | None], int]:
    """Copy photos into ``folder``; return file -> person (None: a stranger), and n of people."""
    chosen = random.Random(seed)
    by_person = photos_by_person()
    people = sorted(p for p, photos in by_person.items() if len(photos) >= MIN_PHOTOS)
    people = sorted(chosen.sample(people, min(n_people, len(people))))
    strangers = sorted(p for p, photos in by_person.items() if len(photos) == 1)
    strangers = chosen.sample(strangers, min(n_strangers, len(strangers)))
    named, new = folder / "named", folder / "new"
    named.mkdir(parents=True)
    new.mkdir()
    rect = "".join(f"{round(v * 65535 / SIDE_PX):04x}" for v in RECT).lstrip("0")
    lines: list[str] = []
    truth: dict[str, str | None] = {}
    for number, person in enumerate(people, start=1):
        for index, photo in enumerate(sorted(by_person[person])[:MAX_PHOTOS]):
            if index % 2:
                shutil.copy(photo, new)
                truth[photo.name] = person
            else:
                shutil.copy(photo, named)
                lines += [f"[{photo.name}]", f"faces=rect64({rect}),{number:x}"]
    for person in strangers:
        shutil.copy(by_person[person][0], new)
        truth[by_person[person][0].name] = None
    lines += ["[Contacts2]", *(f"{n:x}={p};;" for n, p in enumerate(people, start=1))]
    (named / ".picasa.ini").write_bytes("\r\n".join([*lines, ""]).encode())
    return truth, len(people)


def suggestions(library: Path) -> dict[str, set[str]]:
    """Return file name -> names suggested on it, asked of the command as a program would."""
    command = [sys.executable, "-m", "facedex", "--library", str(library), "faces", "--json"]
    command += ["--state", "suggested", "--limit", "1000000"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    said: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        said[Path(row["path"]).name].add(row["person_name"])
    return said


def main() -> None:
    """Make the photos, scan them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=120)
    parser.add_argument("--strangers", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facedex-seeded-") as work:
        photos, library = Path(work) / "photos", Path(work) / "library"
        truth, n_people = make_photos(photos, options.people, options.strangers, options.seed)
        scan = [sys.executable, "-m", "facedex", "--library", str(library), "scan", str(photos)]
        subprocess.run(scan, check=True)
        said = suggestions(library)
    known = [name for name, person in truth.items() if person]
    n_said = sum(bool(said[name]) for name in truth)
    right = sum(truth[name] in said[name] for name in known)
    wrong = sum(bool(said[name] - {truth[name]}) for name in truth)
    print(
        f"\n{n_people} people, {len(known)} photos to recognise,"
        f" {len(truth) - len(known)} strangers:"
        f" recall {right / len(known):.3f}, precision {1 - wrong / max(1, n_said):.3f}"
    )


if __name__ == "__main__":
    main()
