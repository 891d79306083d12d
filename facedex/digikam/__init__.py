"""digiKam as a source of names: what its database says, and where that lies here.

- ``database``, ``database_faces``, ``database_schema``: reading digiKam's own database, from a copy
  that :mod:`facedex.db.foreign` opens. Nothing here knows facedex's.
- ``roots``: the folders that album roots are on this machine.
- ``rects``: a rectangle as one text.
- ``frames``: where rectangles lie in the stored pixels of their photo.
"""
