"""``facedex bench``: how fast facedex is on this machine and these photos."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facedex.cli.context import print_json, print_table
from facedex.cli.engine_options import engine_options, engine_settings
from facedex.cli.progress import BarSink, PlainSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facedex.cli.context import Context
    from facedex.config import Settings
    from facedex.services.bench.child import Cost
    from facedex.services.bench.engines import StepTimes
    from facedex.services.bench.run_bench import BenchReport
    from facedex.services.bench.scan import ScanCost

_STEP_NAMES = {
    "read": "reading and hashing",
    "decode": "decoding",
    "detect": "finding faces",
    "encode": "encoding faces",
}
_NOT_MEASURED = "not measured here"


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@engine_options
@click.option(
    "--photos",
    "n_photos",
    type=click.IntRange(min=1),
    default=48,
    show_default=True,
    metavar="N",
    help="Photos to measure with, taken evenly from all.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    metavar="S",
    help="About how long it may take; what there is no time for is left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def bench(
    context: Context,
    /,
    folder: Path | None,
    n_photos: int,
    seconds: float,
    as_json: bool,
    **flags: Any,
) -> None:
    """Measure in a minute how fast photos are scanned on this machine, and what limits it.

    The photos are copies of some in FOLDER; without it, of some in the folders that were scanned;
    where there are none either, drawn ones of 12 megapixels. Neither your library nor your photos
    are touched.

    Photos a second are those of a whole `facedex scan` into a new library: the photos, divided by
    the time from the start of the command to its end; the same once it runs, without start-up,
    stands below. Beside it: decoding the same photos on all cores and nothing more, JPEGs at half
    size, which no scan can beat; and dlib's own HOG and CNN, each with dlib's encoder, one photo
    after the other. The models and what runs them are made ready first and not counted.

    \b
    facedex bench ~/Pictures
    facedex bench --runtime onnxruntime --precision f32
    """
    from facedex.services.bench.run_bench import BenchOptions, run_bench

    settings = engine_settings(context, flags)
    folders = (folder,) if folder is not None else _scanned_folders(settings)
    options = BenchOptions(folders, n_photos, seconds)
    sink = BarSink() if sys.stderr.isatty() else PlainSink()
    with _signals_that_end():
        report = run_bench(settings, options, sink)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)


def _scanned_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders of the library that are there; none if there is no library."""
    from facedex.services.library import Library

    if not Library.exists(settings.library):
        return ()
    with Library.open(settings.library) as library:
        folders = [Path(root["path"]) for root in library.look.roots()]
    return tuple(folder for folder in folders if folder.is_dir())


@contextmanager
def _signals_that_end() -> Iterator[None]:
    """End children and take temporary files away when the user or the system asks to stop."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        numbers.append(signal.SIGHUP)
    before = {each: signal.signal(each, lambda n, _: sys.exit(128 + n)) for each in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print(report: BenchReport) -> None:
    print(_what(report))
    print()
    print_table(
        ["", "facedex scan is", "photos a second", "processor seconds a photo"],
        [
            _line("facedex scan, from start to end", "", report.scan.cost),
            ("facedex scan, once it runs", "", _number(report.scan.running_photos_per_s), ""),
            _line("decoding alone", f"{report.share_of_decoding:.0%} of it", report.decoding),
            _line("dlib's HOG and encoder, one process", _times(report, report.hog), report.hog),
            _line(
                "dlib's CNN and encoder, one process",
                _times(report, report.dlib_cnn),
                report.dlib_cnn,
            ),
        ],
    )  # fmt: skip
    print()
    if report.steps is not None:
        print(_steps(report.steps))
    print(_scan(report.scan))
    if report.scan.is_stopped:
        print("The scan was stopped when its time was over; --seconds gives it more.")
    if report.dlib_cnn is None:
        print("dlib's CNN was not done with a photo in time; --seconds gives it more.")


def _what(report: BenchReport) -> str:
    engine, sample = report.engine, report.sample
    mode = "thorough " if engine.is_thorough else ""
    of_all = "drawn" if sample.is_drawn else f"of {sample.n_candidates:,}"
    text = (
        f"{sample.n_photos} {of_all} photos, {sample.megapixels:.1f} megapixels and"
        f" {sample.size_bytes / 1e6:.1f} MB each on average\n"
        f"{mode}{engine.detector} at {report.working_size} px on {report.target},"
        f" {engine.encode_crops} crops a face, {report.n_workers} worker processes"
    )
    if sample.is_drawn:
        text += "\nName a folder to measure with photos of your own: facedex bench FOLDER"
    return text


def _line(name: str, ratio: str, cost: Cost | None) -> tuple[str, str, str, str]:
    if cost is None:
        return name, ratio, "", ""
    return name, ratio, _number(cost.photos_per_s), _number(cost.processor_s_per_photo)


def _times(report: BenchReport, other: Cost | None) -> str:
    ratio = report.times_as_fast_as(other)
    return _NOT_MEASURED if ratio is None else f"{ratio:.3g} times as fast"


def _number(value: float | None) -> str:
    return _NOT_MEASURED if value is None else f"{value:.3g}"


def _steps(steps: StepTimes) -> str:
    shares = ", ".join(f"{_STEP_NAMES[step]} {share:.0%}" for step, share in steps.shares.items())
    encoding = "" if steps.encode_s is None else f", encoding {1000 * steps.encode_s:.1f} ms a face"
    return (
        f"Of a photo's time: {shares}; {_STEP_NAMES[steps.limit]} limits it.\n"
        f"Finding faces takes {1000 * steps.detect_s:.0f} ms a photo{encoding};"
        f" {steps.faces_per_photo:.1f} faces a photo."
    )


def _scan(scan: ScanCost) -> str:
    memory, start_up = scan.peak_memory_bytes, scan.start_up_s
    peak = _NOT_MEASURED if memory is None else f"{memory / 1e6:.0f} MB"
    starting = _NOT_MEASURED if start_up is None else f"{start_up:.1f} s"
    return (
        f"{scan.n_faces / scan.cost.wall_s:.1f} faces a second. Start-up: {starting}."
        f" Peak memory of all processes: {peak}."
    )
