"""Break the rules of names one small change at a time, and see whether a test fails.

    .venv/bin/python benchmarks/mutation.py    # all; goes on where it was stopped
    .venv/bin/python benchmarks/mutation.py --sample 300 --seed 1    # so many, by chance
    .venv/bin/python benchmarks/mutation.py --only "facedex.naming.*"

mutmut makes the changes and runs those tests on each that come by the function; pyproject.toml says
of which modules, and with which tests ([tool.mutmut]). Printed is the share of killed changes by
module, then each survivor. Those that change nothing that can be seen (EQUIVALENT) are counted
apart.
"""

import argparse
import fnmatch
import json
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
# exit codes of pytest, as mutmut keeps them; a time limit that is passed is a failure too
KILLED, SURVIVED = {1, 3, -24, 24, 36, 152, 255}, {0}
# changes without effect: what stood -> what stands, as regular expressions
EQUIVALENT = (
    (r"strict=True", r"strict=(False|None)|strict=True(?!)|"),  # of two that are equally long
)


def mutmut(*arguments: str, **options: Any) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, check=False, **options)


def outcomes() -> dict[str, int | None]:
    """Return the exit code of each change that there is; None: not tried."""
    found: dict[str, int | None] = {}
    for path in sorted(MUTANTS.rglob("*.meta")):
        found |= json.loads(path.read_text())["exit_code_by_key"]
    return found


def module_of(name: str) -> str:
    return name.partition(".x")[0]


def change(name: str) -> tuple[str, str]:
    """Return the lines that a change takes away, and those that it puts there."""
    diff = mutmut("show", name, capture_output=True).stdout.splitlines()
    lines = [line for line in diff if not line.startswith(("---", "+++"))]
    return tuple(
        "\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )


def is_equivalent(before: str, after: str) -> bool:
    return any(re.search(was, before) and re.search(now, after) for was, now in EQUIVALENT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, help="try so many, drawn by chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="*", help="of changes whose names are like this")
    parser.add_argument("--report", action="store_true", help="try none; print what is known")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    chosen: list[str] = []
    if not options.report:
        # a name that no change has: they are made, the tests are timed, and none is tried
        mutmut("run", "none", capture_output=True)
        names = [name for name in outcomes() if fnmatch.fnmatch(name, options.only)]
        if options.sample is not None:
            names = random.Random(options.seed).sample(names, min(options.sample, len(names)))
        chosen = sorted(names)
        done = mutmut("run", f"--max-children={options.jobs}", *chosen, stdout=subprocess.PIPE)
        if done.returncode != 0:  # a test fails as it is, or there is nothing to change
            sys.exit(f"{done.stdout[-5000:]}\nmutmut ended with {done.returncode}")
    report({n: code for n, code in outcomes().items() if not chosen or n in chosen})


def report(found: dict[str, int | None]) -> None:
    tally: dict[str, Counter] = defaultdict(Counter)
    survivors = []
    for name, code in found.items():
        kind = "killed" if code in KILLED else "not tried" if code is None else "survived"
        if kind == "survived":
            before, after = change(name)
            if is_equivalent(before, after):
                kind = "equivalent"
            else:
                survivors.append((name, before, after, "" if code in SURVIVED else f" ({code})"))
        tally[module_of(name)][kind] += 1
    for name, before, after, note in survivors:
        print(f"{name}{note}\n  - {before}\n  + {after}")
    total: Counter = Counter()
    for module, counts in sorted(tally.items()):
        total += counts
        print(line(module, counts))
    print(line("all", total))


def line(module: str, counts: Counter) -> str:
    n_tried = counts["killed"] + counts["survived"]
    share = f"{counts['killed'] / n_tried:.1%}" if n_tried else "-"
    return (
        f"{module:50} {share:>6} of {n_tried:5} killed; {counts['equivalent']} equivalent,"
        f" {counts['not tried']} not tried"
    )


if __name__ == "__main__":
    main()
