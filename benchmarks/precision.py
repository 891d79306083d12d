"""Compare what a detector finds on several targets with what it finds in float32 on the processor.

    python benchmarks/precision.py [DATA] --target "openvino cpu bf16" --detector cnn cascade

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project).
Recall and precision are those of benchmarks/detection.py. ``--bucket PX`` adds networks that pad
their canvas to multiples of PX, as is done for devices that compile for each shape.
"""

import argparse
from pathlib import Path

import numpy as np
from detection import Tally, default_data, load_labels, score
from PIL import Image

from facedex.engines.engine import engine_on
from facedex.engines.registry import find_runtime
from facedex.engines.runtimes import CPU_TARGET, OnnxSession, Runtime, Target
from facedex.engines.runtimes.onnx_runtime import OnnxRuntime
from facedex.geometry import iou
from facedex.paths import model_cache
from facedex.types import DetectorName, EngineConfig

LEAST_IOU = 0.999


class BucketSession(OnnxSession):
    side_multiple = 256


class BucketRuntime(OnnxRuntime):
    """ONNX Runtime as if it compiled for each shape."""

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> OnnxSession:
        return BucketSession(model, threads, target, cache_dir)


def compare(
    detector: str, targets: dict[str, tuple[Target, Runtime]], data: Path, every: int
) -> None:
    config = EngineConfig(detector)
    engines = {name: engine_on(config, model_cache(), *each) for name, each in targets.items()}
    tallies = {name: Tally() for name in engines}
    moved = dict.fromkeys(engines, 0)
    labels = load_labels(data)
    for file in sorted(labels)[::every]:
        with Image.open(data / file) as picture:
            image = np.array(picture.convert("RGB"))
        found = {name: engine.detect(image) for name, engine in engines.items()}
        expected = [each.box for each in next(iter(found.values()))]
        for name, detections in found.items():
            score(tallies[name], file, labels[file], detections)
            moved[name] += sum(
                all(iou(each.box, box) < LEAST_IOU for box in expected) for each in detections
            )
    for name, tally in tallies.items():
        n_found = tally.true + len(tally.false)
        precision = tally.true / max(1, n_found)
        print(
            f"| {detector} | {name} | {precision:.4f} | {tally.recall('all'):.4f} |"
            f" {n_found} | {moved[name]} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--target", nargs="*", default=["openvino cpu bf16"])
    parser.add_argument("--bucket", type=int, default=0)
    parser.add_argument("--detector", nargs="+", default=[DetectorName.CNN.value])
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    args = parser.parse_args()
    targets = {
        str(target): (target, find_runtime(target.runtime, None))
        for target in (CPU_TARGET, *map(Target.parse, args.target))
    }
    if args.bucket:
        BucketSession.side_multiple = args.bucket
        targets[f"{CPU_TARGET}, bucket {args.bucket}"] = CPU_TARGET, BucketRuntime()
    print("| detector | target | precision | recall | faces | boxes not as in float32 |")
    print("|---|---|---|---|---|---|")
    for detector in args.detector:
        compare(detector, targets, args.data / "detection", args.every)


if __name__ == "__main__":
    main()
