"""The library as front ends use it: looking, deciding, and the review."""

from facedex.services.library.opened import Library

__all__ = ["Library"]
