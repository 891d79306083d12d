"""The command line: one module a command."""

from __future__ import annotations


def main() -> None:
    """Run ``facedex`` (entry point)."""
    from facedex.cli.app import run

    run()
