"""Keep the converted networks: made once, named by checksum, rebuilt if damaged.

A file's name holds the source's sha256 and the converter's version; ``*.sha256`` beside it
holds the checksum of the ONNX file itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from facedex.engines.models.dat_reader import read_detector, read_encoder
from facedex.engines.models.model_files import ModelName, get_model
from facedex.engines.models.onnx_graphs import detector_graph, encoder_graph
from facedex.engines.models.yunet_graph import proposer_graph

if TYPE_CHECKING:
    from facedex.engines.models.model_files import ModelFile

log = logging.getLogger(__name__)

CONVERTER_VERSION = 4


def convert(source: ModelFile, *, is_blocked: bool = True) -> bytes:
    """Return the ONNX model of a checked .dat file, or of YuNet's own ONNX file.

    ``is_blocked``: the detector's form for ONNX Runtime on the processor; the others have one form.
    """
    data = source.path.read_bytes()
    if source.name is ModelName.PROPOSER:
        return proposer_graph(data, source.sha256)
    if source.name is ModelName.DETECTOR:
        return detector_graph(read_detector(data), source.sha256, is_blocked=is_blocked)
    return encoder_graph(read_encoder(data), source.sha256)


def cache_path(cache_dir: Path, source: ModelFile, *, is_blocked: bool = True) -> Path:
    """Return where the converted model of ``source`` is kept."""
    stem = Path(source.name.filename).stem
    form = "" if is_blocked or source.name is not ModelName.DETECTOR else "-plain"
    return cache_dir / f"{stem}-{source.sha256}-v{CONVERTER_VERSION}{form}.onnx"


def load_onnx(name: ModelName, cache_dir: Path, *, is_blocked: bool = True) -> bytes:
    """Return the ONNX model, from the cache where it is there and whole, else converted and kept.

    ``is_blocked`` is that of :func:`convert`. A cache folder that cannot be written costs time at
    the next start and a warning, no more.

    Raises
    ------
    ModelMissing
        If the .dat file is absent or not the one expected.
    """
    source = get_model(name)
    path = cache_path(cache_dir, source, is_blocked=is_blocked)
    cached = _read_whole(path)
    if cached is not None:
        return cached
    model = convert(source, is_blocked=is_blocked)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        write_atomically(path, model)
        write_atomically(_checksum_path(path), hashlib.sha256(model).hexdigest().encode())
    except OSError as fault:
        log.warning("cannot keep the converted model: %s", fault.strerror)
    return model


def _checksum_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _read_whole(path: Path) -> bytes | None:
    """Return the file's bytes if they have the checksum noted beside it."""
    try:
        model, noted = path.read_bytes(), _checksum_path(path).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(model).hexdigest().encode() == noted:
        return model
    log.info("the converted model %s is damaged and is made again", path.name)
    return None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that others see whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
