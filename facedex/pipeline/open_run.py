"""Opening a run over a library: its engine, its workers and cache.db."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from facedex.db.cache import open_cache
from facedex.db.encoders import save_thresholds
from facedex.errors import UsageError
from facedex.naming.encoder import facts_of, is_dlibs
from facedex.paths import model_cache
from facedex.pipeline.scan_run import ScanRun
from facedex.pipeline.supervisor import InlinePool, SupervisedPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facedex.db.connection import Connection
    from facedex.engines.engine import Engine
    from facedex.pipeline.supervisor import Pool
    from facedex.plugins.runtime import Target
    from facedex.progress import ProgressSink
    from facedex.types import EngineConfig, ScanOptions


def prepare_engine(config: EngineConfig, sink: ProgressSink) -> Engine:
    """Return the engine for its ids and its target.

    Its networks are converted now, once for all workers.
    """
    from facedex.engines.engine import create_engine
    from facedex.engines.registry import all_engines

    all_engines(config.plugins_dir)  # a plugin that fails is reported, whether it is used or not
    sink.started("Preparing the face models", None)
    engine = create_engine(config, model_cache())
    engine.prepare()
    sink.finished()
    return engine


def prepare_engine_of(model: str | None, config: EngineConfig, sink: ProgressSink) -> Engine:
    """Return the engine for a library whose faces ``model`` encoded; see :func:`prepare_engine`.

    Raises
    ------
    UsageError
        If the settings ask for another model.
    """
    engine = prepare_engine(config, sink)
    if model not in {None, engine.model_id}:
        raise UsageError(
            f"the faces are encoded by {model}, and the settings ask for {engine.model_id};"
            " run facedex scan first"
        )
    return engine


@contextlib.contextmanager
def open_run(
    directory: Path,
    db: Connection,
    options: ScanOptions,
    engine: Engine,
    sink: ProgressSink,
    should_stop: Callable[[], bool],
) -> Iterator[ScanRun]:
    """Give a run over the library in ``directory``; its workers end with it.

    What a plugin's encoder says of its distances is stored from now on.
    """
    if not is_dlibs(engine.model_id):
        save_thresholds(db, engine.model_id, engine.thresholds)
    facts = facts_of(engine.model_id, engine.thresholds)
    with (
        contextlib.closing(open_cache(directory)) as cache,
        contextlib.closing(make_pool(options, engine.target)) as pool,
    ):
        ids = engine.engine_id, engine.model_id
        yield ScanRun(db, cache, *ids, facts, pool, sink, should_stop)


def make_pool(options: ScanOptions, target: Target) -> Pool:
    """Return what does the jobs: worker processes, or this one."""
    if options.n_workers == 0:
        return InlinePool(options.engine, model_cache(), target)
    return SupervisedPool(options.engine, model_cache(), options.n_workers, target=target)
