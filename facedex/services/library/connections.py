"""The connections to the two databases of a library, of each thread its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from facedex.db import cache
from facedex.db.library import open_library

if TYPE_CHECKING:
    from pathlib import Path

    from facedex.db.connection import Connection


class Connections:
    """Opens a thread's connections when they are first asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[Connection] = []

    @property
    def library(self) -> Connection:
        """The thread's connection to library.db, which is brought up to date where it is older.

        Raises
        ------
        EnvironmentFault
        """
        if not hasattr(self._local, "library"):
            self._local.library = self._added(open_library(self.directory))
        connection: Connection = self._local.library
        return connection

    @property
    def cache(self) -> Connection:
        """The thread's connection to cache.db."""
        if not hasattr(self._local, "cache"):
            self._local.cache = self._added(cache.open_cache(self.directory))
        connection: Connection = self._local.cache
        return connection

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()

    def _added(self, connection: Connection) -> Connection:
        with self._lock:
            self._opened.append(connection)
        return connection
