"""Compare what the CNN finds on several targets with what it finds in float32 on the processor.

    python benchmarks/precision.py [DATA] --target "openvino cpu bf16" --working-size 1600 --every 1

DATA is the data folder (default: FACEDEX_TEST_DATA, else ../shared/data/dev beside the project).
Recall and precision are those of benchmarks/detection.py. ``--bucket PX`` adds the networks that pad
their canvas to multiples of PX, as is done for devices that compile for each shape.
"""

import argparse
from pathlib import Path

import numpy as np
from detection import Tally, default_data, load_labels, score
from PIL import Image

from facedex.engines.runtimes import CPU_TARGET, Networks, OnnxSession, Target, open_networks
from facedex.engines.runtimes.networks import SessionNetworks
from facedex.engines.runtimes.onnx_runtime import OnnxRuntime
from facedex.engines.working_image import box_from_rect, working_image
from facedex.paths import model_cache
from facedex.types import Detection


class BucketSession(OnnxSession):
    side_multiple = 256


class BucketRuntime(OnnxRuntime):
    """ONNX Runtime as if it compiled for each shape."""

    def open(
        self, model: bytes, target: Target, threads: int, cache_dir: Path | None = None
    ) -> OnnxSession:
        return BucketSession(model, threads, target, cache_dir)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, default=default_data())
    parser.add_argument("--target", nargs="*", default=["openvino cpu bf16"])
    parser.add_argument("--bucket", type=int, default=0)
    parser.add_argument("--working-size", type=int, default=1600)
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    args = parser.parse_args()
    networks: dict[str, Networks] = {
        str(target): open_networks(target, model_cache(), 1)
        for target in (CPU_TARGET, *map(Target.parse, args.target))
    }
    if args.bucket:
        BucketSession.side_multiple = args.bucket
        networks[f"{CPU_TARGET}, bucket {args.bucket}"] = SessionNetworks(
            BucketRuntime(), CPU_TARGET, model_cache(), 1
        )
    folder = args.data / "detection"
    labels = load_labels(folder)
    tallies = {name: Tally() for name in networks}
    moved = dict.fromkeys(networks, 0)
    differences: dict[str, list[float]] = {name: [] for name in networks}
    for file in sorted(labels)[:: args.every]:
        with Image.open(folder / file) as picture:
            image = working_image(np.array(picture.convert("RGB")), args.working_size)
        height, width = image.shape[:2]
        expected = next(iter(networks.values())).find_faces(image)
        for name, each in networks.items():
            found = each.find_faces(image)
            detections = [
                Detection(box_from_rect(f.rect, height, width), f.score, "cnn") for f in found
            ]
            score(tallies[name], labels[file], detections)
            scores = {f.rect: f.score for f in expected}
            moved[name] += len(scores.keys() ^ {f.rect for f in found})
            differences[name] += [abs(scores[f.rect] - f.score) for f in found if f.rect in scores]
    print("| target | precision | recall | faces | boxes not in both | largest score difference |")
    print("|---|---|---|---|---|---|")
    for name, tally in tallies.items():
        precision = tally.true / max(1, tally.true + tally.false)
        recall = sum(tally.found) / max(1, sum(tally.labelled))
        print(
            f"| {name} | {precision:.4f} | {recall:.4f} | {tally.true + tally.false} |"
            f" {moved[name]} | {max(differences[name], default=0):.2g} |"
        )


if __name__ == "__main__":
    main()
