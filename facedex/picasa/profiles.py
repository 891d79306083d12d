"""Where Picasa keeps its contacts and its database, under a user's home or a copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_XP = "Local Settings/Application Data"
_VISTA = "AppData/Local"
_MAC = "Library/Application Support"
_WINE = ".wine/drive_c/users/{user}"
_LINUX = ".google/picasa/3.0/drive_c/Documents and Settings/{user}"  # Google's Picasa 3.0 for Linux
# of the folder that holds "Google", from the home; the empty one is for a copy of that folder
_BASES = (
    "",
    _VISTA,
    _XP,
    _MAC,
    f"{_WINE}/{_VISTA}",
    f"{_WINE}/{_XP}",
    f"{_LINUX}/{_XP}",
)
_DATA_FOLDERS = ("Google/Picasa2", "Google/Picasa3")  # Windows, also of Picasa 3; Mac


@dataclass(frozen=True, slots=True)
class PicasaProfile:
    """One of Picasa's data folders, usually named ``Picasa2``."""

    folder: Path

    @property
    def contacts(self) -> tuple[Path, Path]:
        """The list of contacts, and the copy that Picasa keeps of it."""
        return self.folder / "contacts" / "contacts.xml", self.folder / "contacts" / "backup.xml"

    @property
    def db3(self) -> Path:
        """The folder of the database."""
        return self.folder / "db3"


def usual_profiles(home: Path) -> tuple[PicasaProfile, ...]:
    """Return the places where Picasa's data may be for a user, whether or not there is anything.

    Parameters
    ----------
    home : the user's home or profile folder on Windows, macOS or Linux (with Wine, whose user is
        named as the folder is); the folder that holds ``Google``; or Picasa's data folder itself.
    """
    bases = (PurePosixPath(base.format(user=home.name)) for base in _BASES)
    found = [home / base / folder for base in bases for folder in _DATA_FOLDERS]
    return tuple(PicasaProfile(folder) for folder in (home, *found))
