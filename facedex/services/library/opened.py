"""One open library: what may be done with it, and its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from facedex.db.connection import LIBRARY_NAME, translated
from facedex.db.library import get_meta, scan_lock
from facedex.services.decisions.follow_decisions import Follower
from facedex.services.library.connections import Connections
from facedex.services.library.deciding import Deciding
from facedex.services.library.looking import Looking
from facedex.services.library.review import LibraryReview
from facedex.services.names_out.export_xmp import export_xmp
from facedex.services.recognising.audit import use_metric
from facedex.services.recognising.match_faces import match_faces

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from facedex.progress import ProgressSink
    from facedex.services.names_out.export_xmp import XmpExport
    from facedex.services.recognising.metric_choice import MetricChoice
    from facedex.types import MetricName, PersonId


class Library:
    """One library folder, to be used in a ``with`` or closed. Any thread may call any method.

    ``look`` reads, ``decide`` writes what the user decides, ``review`` asks what to decide next.
    """

    def __init__(self, directory: Path) -> None:
        self._connections = Connections(directory)
        self._look = Looking(self._connections)
        self._decide = Deciding(self._connections)
        self._review = LibraryReview(self._connections)
        self._follower = Follower()

    @classmethod
    def open(cls, directory: Path) -> Library:
        """Open the library in ``directory``; it is brought up to date if an older facedex made it.

        Raises
        ------
        EnvironmentFault
        """
        library = cls(directory)
        _ = library._connections.library
        return library

    @staticmethod
    def exists(directory: Path) -> bool:
        """Tell whether there is a library in ``directory``."""
        return (directory / LIBRARY_NAME).is_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every thread's connections and end the preview worker."""
        self._look.close()
        self._connections.close()

    @property
    def directory(self) -> Path:
        """The folder of library.db."""
        return self._connections.directory

    @property
    def look(self) -> Looking:
        """What reads the library."""
        return self._look

    @property
    def decide(self) -> Deciding:
        """What writes the user's decisions."""
        return self._decide

    @property
    def review(self) -> LibraryReview:
        """What asks what to decide next."""
        return self._review

    def rematch(self) -> int:
        """Compute suggestions anew after decisions; return how many there are."""
        db = self._connections.library
        model = get_meta(db, "model")
        if model is None:
            return 0
        with translated(self.directory / LIBRARY_NAME):
            report = match_faces(db, model)
        self._follower.forget()
        return report.n_suggested

    def follow_decisions(self) -> int:
        """Bring the suggestions up to date with the decisions; return how many faces' changed.

        The first time it reads all encodings, which it keeps; then a decision takes milliseconds.
        """
        with translated(self.directory / LIBRARY_NAME):
            return self._follower.catch_up(self._connections.library)

    def use_metric(self, name: MetricName | None) -> MetricChoice:
        """See :func:`facedex.services.recognising.audit.use_metric`."""
        return use_metric(self._connections.library, name)

    def export_xmp(
        self,
        person_ids: Collection[PersonId] | None = None,
        *,
        into_photos: bool = False,
        sink: ProgressSink | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        is_dry_run: bool = False,
    ) -> XmpExport:
        """See :func:`facedex.services.names_out.export_xmp.export_xmp`.

        No scan runs while photos change.
        """
        with scan_lock(self.directory) if into_photos else contextlib.nullcontext():
            return export_xmp(
                self._connections.library,
                person_ids,
                into_photos=into_photos,
                sink=sink,
                should_stop=should_stop,
                is_dry_run=is_dry_run,
            )
