"""``facedex doctor``: what this installation can do, and why not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from facedex.cli.context import print_json

if TYPE_CHECKING:
    from facedex.cli.context import Context


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--again", is_flag=True, help="Try and time everything that may run the networks anew."
)
@click.pass_obj
def doctor(context: Context, as_json: bool, again: bool) -> None:
    """Check versions, face models, runtimes and devices, and say why one is not used.

    What runs the networks is compared with dlib and timed once on a machine, and again when a
    version or the processor changes: that takes some seconds.

    Ends with code 1 if something that is needed is missing.
    """
    from facedex.services.telling.examine import examine

    if sys.stderr.isatty():
        print("Looking at what is installed...", file=sys.stderr)
    findings = examine(context.settings(), is_again=again)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            print(f"{finding.verdict:8} {finding.what}: {finding.detail}")
    sys.exit(1 if any(finding.verdict == "missing" for finding in findings) else 0)
