"""facedex: find, name and look up the faces in a personal photo library."""

from importlib.metadata import version

__version__ = version("facedex")
