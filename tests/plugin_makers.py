"""Plugins for tests: written to folders, or installed as a distribution on sys.path would be."""

import textwrap

HEAD = """
import numpy as np
from facedex.plugins import DetectorSpec, EncoderSpec, Survey, Target, hookimpl
from facedex.types import Box, Detection, EncodedFace, EncoderThresholds
"""

# finds one face at the same place of every photo, drawn taller than dlib would draw it
DETECTOR = """
class Toy:
    detector_id = "toy/v1"

    def __init__(self, tools):
        self.tools = tools

    def prepare(self):
        pass

    def detect(self, image):
        return [Detection(Box(0.34, 0.1, 0.54, 0.34), 0.75, "whatever")]

    def close(self):
        pass


@hookimpl
def register_detectors():
    return [DetectorSpec("toy", "the middle", Toy, working_size=640, thorough_size=900)]
"""

# the mean colour of the box: six numbers a face
ENCODER = """
class Colour:
    model_id = "colour-v1"
    dim = 6

    def __init__(self, tools):
        pass

    def prepare(self):
        pass

    def encode(self, image, boxes):
        return [self._encode(image, box) for box in boxes]

    def _encode(self, image, box):
        h, w = image.shape[:2]
        y0, y1 = max(0, int(box.y0 * h)), max(1, int(box.y1 * h))
        x0, x1 = max(0, int(box.x0 * w)), max(1, int(box.x1 * w))
        cut = image[y0:y1, x0:x1].reshape(-1, 3) / 255
        encoding = np.concatenate([cut.mean(0), cut.std(0)]).astype(np.float32)
        return EncodedFace(np.full((5, 2), 0.5, np.float32), encoding)

    def close(self):
        pass


@hookimpl
def register_encoders():
    thresholds = EncoderThresholds((1, 4), (0.01, 0.02), 0.015)
    return [EncoderSpec("colour", "mean colours", Colour, thresholds=thresholds)]
"""

RUNTIME = """
class Abacus:
    name = "abacus"

    def survey(self):
        return Survey("1.0", (Target.parse("abacus cpu f32"),))

    def open(self, model, target, threads, cache_dir=None):
        raise NotImplementedError


@hookimpl
def register_runtimes():
    return [Abacus()]
"""


def manifest(name, api_version=1, description="For a test.", **more):
    lines = {"name": name, "api_version": api_version, "description": description} | more
    return "".join(
        f'{key} = "{value}"\n' if isinstance(value, str) else f"{key} = {value}\n"
        for key, value in lines.items()
    )


def write_plugin(folder, name, code, said=None):
    """Write a plugin as a folder of a plugins folder; return the plugins folder."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "facedex-plugin.toml").write_text(manifest(name) if said is None else said)
    (place / "__init__.py").write_text(HEAD + textwrap.dedent(code))
    return folder


def install_plugin(site, package, code, said=None, version="2.5"):
    """Write a package with an entry point, as pip leaves them in ``site``."""
    write_plugin(site, package, code, manifest(package) if said is None else said)
    info = site / f"{package}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[facedex]\n{package} = {package}\n")
    return site
