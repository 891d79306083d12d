"""Writes Picasa's database byte by byte, as its format is described in pmp.py and thumbindex.py."""

import struct
from datetime import UTC, datetime

NOTHING = 0xFFFFFFFF
TEXT, U32, F64, U8, U64, U16, TEXT_6, U32_7 = range(8)
_CODES = {U32: "I", F64: "d", U8: "B", U64: "Q", U16: "H", U32_7: "I"}
TYPES = {
    "facerect": U64,
    "crop64": U64,
    "personalbumid": U32,
    "personalbumrecs": U32,
    "personalbumrecs2": U32,
    "tagdate": F64,
    "deferredface": TEXT,
    "deferredregion": TEXT,
    "category": U32,
    "token": TEXT,
    "name": TEXT,
    "albumcontactids": U64,
}


def pmp_header(type_, count):
    return struct.pack("<IHHIHHI", 0x3FCCCCCD, type_, 0x1332, 2, type_, 0x1332, count)


def pmp(type_, values, count=None):
    """Return a column's file; ``count`` is what its header claims."""
    header = pmp_header(type_, len(values) if count is None else count)
    if type_ in (TEXT, TEXT_6):
        return header + b"".join(value.encode() + b"\0" for value in values)
    return header + struct.pack(f"<{len(values)}{_CODES[type_]}", *values)


def thumb_entry(name, type_, owner, *, size=1, flags=0x0100):
    return name.encode() + b"\0" + struct.pack("<QQIIHI", 0, 0, size, type_, flags, owner)


def thumbindex(entries, count=None):
    """Return the index of (name, type, owner) entries; ``count`` is what its header claims."""
    header = struct.pack("<II", 0x40466666, len(entries) if count is None else count)
    return header + b"".join(thumb_entry(*entry) for entry in entries)


def ole_days(when):
    return (when - datetime(1899, 12, 30, tzinfo=UTC)).total_seconds() / 86400


class Db3:
    """A database to be filled and written; methods return the row that they add."""

    def __init__(self):
        self.entries = []
        self.images = {}
        # as a new installation has them: rows of albums that hold no faces, then the first that
        # does
        self.albums = {
            "token": ["]star", "]screensaver", "]updated", "]unknownface", "]search"],
            "category": [0, 0, 0, 8, 0],
            "name": ["Starred", "", "", "", ""],
        }

    def folder(self, path):
        return self._entry((path, 1, NOTHING))

    def photo(self, folder, name, **columns):
        return self._entry((name, 2, folder), {"facerect": 1} | columns)

    def face(self, photo, rect_hex, album=0, **columns):
        rect = int(rect_hex, 16)
        given = {"facerect": rect, "crop64": rect, "personalbumid": album}
        return self._entry(("", 1001, photo), given | columns)

    def untagged(self, rect_hex):
        """Add what Picasa leaves of a face that was taken back."""
        return self._entry(("", 0, NOTHING), {"facerect": int(rect_hex, 16)})

    def person(self, name, contact_id):
        row = len(self.albums["token"])
        return self.album(f"]facealbum:{row}", 8, name, int(contact_id, 16))

    def album(self, token, category, name="", contact_id=0):
        row = len(self.albums["token"])
        values = {"token": token, "category": category, "name": name, "albumcontactids": contact_id}
        for column, value in values.items():
            _put(self.albums, column, row, value)
        return row

    def _entry(self, entry, columns=()):
        row = len(self.entries)
        self.entries.append(entry)
        for column, value in dict(columns).items():
            _put(self.images, column, row, value)
        return row

    def files(self):
        """Return name to bytes of every file."""
        files = {"thumbindex.db": thumbindex(self.entries)}
        for table, columns in (("imagedata", self.images), ("albumdata", self.albums)):
            files[f"{table}_0"] = struct.pack("<I", 0x3FCCCCCD)
            for column, values in columns.items():
                files[f"{table}_{column}.pmp"] = pmp(TYPES[column], values)
        return files

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files().items():
            (folder / name).write_bytes(data)
        return folder


def _put(table, column, row, value):
    """Set a value; the column grows to the row and no further, as Picasa's do."""
    values = table.setdefault(column, [])
    empty = "" if isinstance(value, str) else 0
    values.extend([empty] * (row + 1 - len(values)))
    values[row] = value
