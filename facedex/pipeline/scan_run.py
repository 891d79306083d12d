"""What the steps of one scan share, and the one way in which they give work to the pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from facedex.db import files
from facedex.db.connection import now_us
from facedex.naming.encoder import is_face
from facedex.paths import display_path
from facedex.pipeline.messages import EncodeResult, ScanResult
from facedex.pipeline.supervisor import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from facedex.db.connection import Connection
    from facedex.db.files import FileRef
    from facedex.naming.encoder import EncoderFacts
    from facedex.pipeline.messages import FoundFace, Job
    from facedex.pipeline.supervisor import Pool
    from facedex.progress import ProgressSink

T = TypeVar("T")
R = TypeVar("R", ScanResult, EncodeResult)


@dataclass
class ScanCounts:
    """What a scan found out; the numbers of its summary."""

    new: int = 0
    unchanged: int = 0
    changed: int = 0
    touched: int = 0
    moved: int = 0
    duplicate: int = 0
    gone: int = 0
    photos_searched: int = 0
    faces_found: int = 0


@dataclass(frozen=True)
class ScanRun:
    """One run over a library: its databases, its engine's ids, its workers, and who watches it.

    Attributes
    ----------
    cache : of cache.db, for thumbnails.
    encoder : what is true of the model's encodings; None where nobody knows it.
    began_us : when the run began, microseconds UTC.
    """

    db: Connection
    cache: Connection
    engine_id: str
    model_id: str
    encoder: EncoderFacts | None
    pool: Pool
    sink: ProgressSink
    should_stop: Callable[[], bool]
    counts: ScanCounts = field(default_factory=ScanCounts)
    began_us: int = field(default_factory=now_us)

    def usable(self, face: FoundFace | None) -> FoundFace | None:
        """Return what was encoded in a box that a person drew, or None if it is on nothing."""
        return face if face is not None and is_face(self.encoder, face.quality) else None


def run_jobs(
    run: ScanRun,
    title: str,
    n_jobs: int,
    work: Iterable[tuple[T, FileRef, Job]],
    expected: type[R],
    wants: Callable[[bytes], bool] = lambda _image_hash: True,
) -> Iterator[tuple[T, FileRef, R]]:
    """Give work to the pool; yield each item with its file and its result, in their order.

    Progress is shown under ``title``. A file that a worker dies of is counted, so that it is given
    up in time. ``wants`` tells whether an image, named by its hash, is to be searched for faces.
    """

    def tasks() -> Iterator[Task[tuple[T, FileRef]]]:
        for item, file, job in work:
            yield Task((item, file), job, file.attempts)

    def count_death(item: tuple[T, FileRef]) -> None:
        files.count_attempt(run.db, item[1].file_id)

    run.sink.started(title, n_jobs)
    for task, result in run.pool.run(tasks(), wants, count_death, run.should_stop):
        assert isinstance(result, expected)
        item, file = task.item
        yield item, file, result
        run.sink.advanced(1, display_path(file.path), len(result.faces or ()))
    run.sink.finished()
