"""Databases as digiKam makes them, for tests.

The tables have the columns of digiKam's ``core/data/database/dbconfig.xml.cmake.in`` and of the
steps ``UpdateSchemaFromV9ToV10`` to ``V16ToV17`` in it; what is written into them follows
``core/libs/database/tags/facetagseditor.cpp`` (a named face is a region, a row for training and the
tag; a guess is a face under the person's tag and a row under "Unconfirmed").
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

VISIBLE, HIDDEN, TRASHED, OBSOLETE = 1, 2, 3, 4
IMAGE, VIDEO = 1, 2


def tables(schema=17):
    """Return the statements that create the tables that matter, as that schema has them."""
    case = ", caseSensitivity INTEGER" if schema >= 16 else ""
    modified = ", modificationDate DATETIME" if schema >= 14 else ""
    order = ", manualOrder INTEGER" if schema >= 10 else ""
    zone = ", timeZone INTEGER" if schema >= 17 else ""
    return {
        "AlbumRoots": "(id INTEGER PRIMARY KEY, label TEXT, status INTEGER NOT NULL, type INTEGER"
        f" NOT NULL, identifier TEXT, specificPath TEXT{case}, UNIQUE(identifier, specificPath))",
        "Albums": "(id INTEGER PRIMARY KEY, albumRoot INTEGER NOT NULL, relativePath TEXT NOT NULL,"
        f" date DATE, caption TEXT, collection TEXT, icon INTEGER{modified},"
        " UNIQUE(albumRoot, relativePath))",
        "Images": "(id INTEGER PRIMARY KEY, album INTEGER, name TEXT NOT NULL,"
        " status INTEGER NOT NULL,"
        " category INTEGER NOT NULL, modificationDate DATETIME, fileSize INTEGER, uniqueHash TEXT"
        f"{order}, UNIQUE (album, name))",
        "ImageInformation": "(imageid INTEGER PRIMARY KEY, rating INTEGER, creationDate DATETIME,"
        " digitizationDate DATETIME, orientation INTEGER, width INTEGER, height INTEGER, format"
        f" TEXT, colorDepth INTEGER, colorModel INTEGER{zone})",
        "Tags": "(id INTEGER PRIMARY KEY, pid INTEGER, name TEXT NOT NULL, icon INTEGER,"
        " iconkde TEXT,"
        " UNIQUE (name, pid))",
        "TagsTree": "(id INTEGER NOT NULL, pid INTEGER NOT NULL, UNIQUE (id, pid))",
        "ImageTags": "(imageid INTEGER NOT NULL, tagid INTEGER NOT NULL, UNIQUE (imageid, tagid))",
        "Settings": "(keyword TEXT NOT NULL UNIQUE, value TEXT)",
        "TagProperties": "(tagid INTEGER, property TEXT, value TEXT)",
        "ImageTagProperties": "(imageid INTEGER, tagid INTEGER, property TEXT, value TEXT)",
    }


def region(left, top, width, height):
    """Return a rectangle as digiKam writes it."""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}"/>'


class DigikamMaker:
    """A digikam4.db in the making; every change is committed at once.

    Attributes
    ----------
    people, unknown, unconfirmed, ignored : the tags that digiKam makes itself; their names are
        translated, as in a German digiKam.
    """

    def __init__(self, path: Path, schema=17, required=5, journal="delete", encoding="UTF-8"):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute(f"PRAGMA encoding = '{encoding}'")
        self.db.execute(f"PRAGMA journal_mode = {journal}")
        self.db.execute("PRAGMA synchronous = OFF")
        for name, columns in tables(schema).items():
            self.db.execute(f"CREATE TABLE {name} {columns}")
        self.set("DBVersion", schema)
        self.set("DBVersionRequired", required)
        self.people = self.tag("Personen")
        self.unknown = self._nobody("Unbekannt", "unknownPerson")
        self.unconfirmed = self._nobody("Unbestätigt", "unconfirmedPerson")
        self.ignored = self._nobody("Ignoriert", "ignoredPerson")

    def close(self):
        self.db.close()

    def set(self, keyword, value):
        self.db.execute("INSERT OR REPLACE INTO Settings VALUES (?, ?)", (keyword, str(value)))

    def _add(self, table, **values):
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  # names of this file
        return self.db.execute(sql, tuple(values.values())).lastrowid

    def root(self, identifier, specific_path="/", label=None):
        """Add an album root; ``identifier`` may be a folder: digiKam then knows where it is."""
        if isinstance(identifier, Path):
            identifier = f"volumeid:?path={identifier}"
        return self._add(
            "AlbumRoots", label=label, status=0, type=1, identifier=identifier,
            specificPath=specific_path,
        )  # fmt: skip

    def photo(
        self, root_id, relpath, size=(600, 400), orientation=1, status=VISIBLE, category=IMAGE
    ):
        """Add a photo and, where it is new, its album; ``size`` is of the stored pixels."""
        folder, _, name = relpath.rpartition("/")
        found = self.db.execute(
            "SELECT id FROM Albums WHERE albumRoot = ? AND relativePath = ?",
            (root_id, f"/{folder}"),
        ).fetchone()
        album = found[0] if found else self._add(
            "Albums", albumRoot=root_id, relativePath=f"/{folder}"
        )  # fmt: skip
        photo_id = self._add("Images", album=album, name=name, status=status, category=category)
        if size is not None:
            self._add(
                "ImageInformation", imageid=photo_id, orientation=orientation, width=size[0],
                height=size[1],
            )  # fmt: skip
        return photo_id

    def remove(self, photo_id):
        """Delete a photo as digiKam does: its row stays for a while, without an album."""
        self.db.execute("UPDATE Images SET status = 3, album = NULL WHERE id = ?", (photo_id,))

    def tag(self, name, parent=0):
        return self._add("Tags", pid=parent, name=name)

    def _nobody(self, name, mark):
        tag_id = self.tag(name, self.people)
        for each in ("person", mark):
            self._add("TagProperties", tagid=tag_id, property=each, value=None)
        return tag_id

    def person(self, name, parent=None):
        tag_id = self.tag(name, self.people if parent is None else parent)
        for mark in ("person", "faceEngineId"):
            self._add("TagProperties", tagid=tag_id, property=mark, value=name)
        return tag_id

    def has_tag(self, photo_id, tag_id):
        self._add("ImageTags", imageid=photo_id, tagid=tag_id)

    def row(self, photo_id, tag_id, kind, value):
        self._add(
            "ImageTagProperties", imageid=photo_id, tagid=tag_id, property=kind, value=value
        )  # fmt: skip

    def named(self, photo_id, tag_id, *rect):
        """Let the user confirm a face."""
        self.row(photo_id, tag_id, "tagRegion", region(*rect))
        self.row(photo_id, tag_id, "faceToTrain", region(*rect))
        self.db.execute("INSERT OR IGNORE INTO ImageTags VALUES (?, ?)", (photo_id, tag_id))

    def guessed(self, photo_id, tag_id, *rect):
        """Let digiKam's recognition suggest a name."""
        self.row(photo_id, tag_id, "autodetectedFace", region(*rect))
        value = f"{tag_id},autodetectedFace,{region(*rect)}"
        self.row(photo_id, self.unconfirmed, "autodetectedPerson", value)

    def found(self, photo_id, *rect):
        """Let digiKam's detection find a face."""
        self.row(photo_id, self.unknown, "autodetectedFace", region(*rect))

    def set_aside(self, photo_id, *rect):
        """Let the user ignore a face."""
        self.row(photo_id, self.ignored, "ignoredFace", region(*rect))
