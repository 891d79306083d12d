"""Try what may execute the networks: compared with dlib itself, then timed.

A driver can crash or hang, so the work is done in a child process (``python -m
facedex.engines.choosing.selftest``) that answers a line of JSON for each target; one that ends it
is reported so, and the others are tried in a new child.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facedex.engines.choosing.drawn_face import drawn_face
from facedex.engines.encoding.chips import FaceAligner
from facedex.engines.registry import all_engines, find_runtime
from facedex.engines.runtimes import DeviceError, DlibNetworks, Survey, Target
from facedex.engines.runtimes.networks import SessionNetworks
from facedex.plugins.manager import describe
from facedex.types import Precision, RuntimeName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from facedex.engines.dlib_cnn.rects import PixelRect, ScoredRect
    from facedex.engines.runtimes import Networks, Runtime

log = logging.getLogger(__name__)

SELFTEST_VERSION = 1
DEADLINE_S = 600.0  # TensorRT takes minutes to compile
_FACE_PX = 200
_TIMED_HEIGHT_PX, _TIMED_WIDTH_PX = 768, 1024
_TIMED_CHIPS = 16
_CHIPS_A_PHOTO = 8
_N_RUNS = 4
_LEAST_SHARED = 0.6
# largest differences (score, encoding's element) from dlib; those seen: 3e-6 and 4e-7, 4e-3 and
# 5e-3
_TOLERANCES = {
    Precision.F32: (1e-3, 1e-4),
    Precision.BF16: (0.05, 0.02),
    Precision.F16: (0.05, 0.02),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the self-test found of a target.

    Attributes
    ----------
    seconds : of a photo of 1024 pixels with four faces of two crops; None if it failed.
    fault : why it cannot be used; None if it passed.
    """

    seconds: float | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What dlib itself finds on the drawn face."""

    image: NDArray[np.uint8]
    faces: list[ScoredRect]
    chips: NDArray[np.uint8]
    encodings: NDArray[np.float32]


def make_reference() -> Reference:
    """Return dlib's answers, computed here and now."""
    image, networks = drawn_face(_FACE_PX), DlibNetworks()
    faces = networks.find_faces(image)
    chips = FaceAligner().align(image, [each.rect for each in faces]).chips
    chips = np.concatenate([chips, chips[:, :, ::-1]])
    return Reference(image, faces, chips, networks.encode_chips(chips))


def compare(networks: Networks, reference: Reference, precision: Precision) -> str | None:
    """Return in what the networks differ from dlib, or None."""
    most_score, most_element = _TOLERANCES[precision]
    found = networks.find_faces(reference.image)
    if len(found) != len(reference.faces) or not all(
        _is_same_box(ours.rect, dlibs.rect, precision)
        for ours, dlibs in zip(found, reference.faces, strict=True)
    ):
        return "finds other faces than dlib"
    pairs = zip(found, reference.faces, strict=True)
    difference = max((abs(a.score - b.score) for a, b in pairs), default=0.0)
    if not difference <= most_score:
        return f"scores differ from dlib's by {difference:.2g}"
    encodings = networks.encode_chips(reference.chips)
    difference = float(np.abs(encodings - reference.encodings).max(initial=0.0))
    if not difference <= most_element:
        return f"encodings differ from dlib's by {difference:.2g}"
    return None


def _is_same_box(a: PixelRect, b: PixelRect, precision: Precision) -> bool:
    """Tell whether two boxes are equal; in half precision the next cell may have the best score."""
    if precision is Precision.F32:
        return a == b
    shared = a.intersection(b).area
    return shared >= _LEAST_SHARED * max(a.area, b.area)


def time_photo(networks: Networks) -> float:
    """Return the seconds of a photo of 1024 pixels with four faces of two crops, when warm."""
    face = drawn_face(_FACE_PX)
    rows, columns = -(-_TIMED_HEIGHT_PX // _FACE_PX), -(-_TIMED_WIDTH_PX // _FACE_PX)
    photo = np.tile(face, (rows, columns, 1))[:_TIMED_HEIGHT_PX, :_TIMED_WIDTH_PX]
    chips = np.tile(face[:150, :150], (_TIMED_CHIPS, 1, 1, 1))
    detecting = _least_seconds(lambda: networks.find_faces(photo))
    encoding = _least_seconds(lambda: networks.encode_chips(chips))
    return detecting + encoding * _CHIPS_A_PHOTO / _TIMED_CHIPS


def _least_seconds(work: Callable[[], object]) -> float:
    """Return the time of the fastest run after the first, which other programs disturb least."""
    times = []
    for _ in range(_N_RUNS + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def examine(
    target: Target,
    reference: Reference,
    cache_dir: Path,
    threads: int,
    plugins_dir: Path | None = None,
) -> Report:
    """Return what comes of one target, in this process."""
    runtime = find_runtime(target.runtime, plugins_dir)
    networks = SessionNetworks(runtime, target, cache_dir, threads, has_fallback=False)
    try:
        fault = compare(networks, reference, target.precision)
        return Report(fault=fault) if fault else Report(seconds=time_photo(networks))
    except DeviceError as error:
        return Report(fault=str(error))
    finally:
        networks.close()


def survey_all(plugins_dir: Path | None = None) -> dict[str, Survey]:
    """Return what each runtime offers, in this process: it may import hundreds of megabytes."""
    return {
        name: each.what.survey() if each.is_own else _survey_plugin(name, each.what)
        for name, each in all_engines(plugins_dir).runtimes.items()
    }


def _survey_plugin(name: str, runtime: Runtime) -> Survey:
    try:
        survey = runtime.survey()
        strangers = [str(target) for target in survey.targets if target.runtime != name]
    except Exception as exc:  # noqa: BLE001 - the edge of one call into a plugin
        return Survey(None, unused=((name, f"fails: {describe(exc)}"),))
    if strangers:
        return Survey(None, unused=((name, f"offers what is not its own: {strangers[0]}"),))
    return survey


# --- the parent's side -------------------------------------------------------------------------


def measure_in_child(
    targets: Sequence[Target], cache_dir: Path, threads: int, plugins_dir: Path | None = None
) -> dict[Target, Report]:
    """Return a report for each target; children do the work."""
    reports: dict[Target, Report] = {}
    left = list(targets)
    while left:
        lines, how = _run_child([str(cache_dir), str(threads), *map(str, left)], plugins_dir)
        for line in lines:
            answer = json.loads(line)
            reports[Target.parse(answer["target"])] = Report(answer["seconds"], answer["fault"])
        left = [each for each in left if each not in reports]
        if left:
            reports[left.pop(0)] = Report(fault=how)
    return {target: reports[target] for target in targets}


def survey_in_child(plugins_dir: Path | None = None) -> dict[str, Survey]:
    """Return what each runtime offers; a child looks, so that nothing is imported here."""
    lines, how = _run_child(["-", "0"], plugins_dir)
    if not lines:
        return {RuntimeName.ONNXRUNTIME: Survey(None, unused=(("survey", how),))}
    return surveys_from_json(lines[0])


def surveys_to_json(surveys: dict[str, Survey]) -> str:
    """Return one line of JSON."""
    plain = {
        name: [each.version, [str(target) for target in each.targets], list(each.unused)]
        for name, each in surveys.items()
    }
    return json.dumps(plain)


def surveys_from_json(text: str) -> dict[str, Survey]:
    """Return what ``surveys_to_json`` wrote."""
    return {
        name: Survey(
            version,
            tuple(Target.parse(target) for target in targets),
            tuple((what, reason) for what, reason in unused),
        )
        for name, (version, targets, unused) in json.loads(text).items()
    }


def _run_child(arguments: list[str], plugins_dir: Path | None) -> tuple[list[str], str]:
    """Return the complete lines that the child printed, and how it ended."""
    command = [sys.executable, "-m", __name__, *arguments]
    if plugins_dir is not None:
        command += ["--plugins", str(plugins_dir)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=DEADLINE_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as expired:
        output, how = expired.stdout or b"", f"gave no answer in {DEADLINE_S:.0f} s"
    else:
        last = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:300]
        output, how = done.stdout, f"ended its process with code {done.returncode}: {last}"
        log.debug("self-test %s: %s", arguments, how)
    text = output.decode(errors="replace")
    return [line for line in text.splitlines() if line.startswith("{")], how


# --- the child's side --------------------------------------------------------------------------


def main() -> None:
    """Answer the surveys, or a report for each target."""
    parser = argparse.ArgumentParser(prog="facedex.engines.choosing.selftest")
    parser.add_argument("cache_dir", type=Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("targets", nargs="*", type=Target.parse)
    parser.add_argument("--plugins", type=Path)
    options = parser.parse_args()
    if not options.targets:
        _answer(surveys_to_json(survey_all(options.plugins)))
        return
    reference = make_reference()
    for target in options.targets:
        report = examine(target, reference, options.cache_dir, options.threads, options.plugins)
        answer = {"target": str(target), "seconds": report.seconds, "fault": report.fault}
        _answer(json.dumps(answer))


def _answer(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
