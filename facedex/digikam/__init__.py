"""How digiKam names places: folders on volumes, and faces on photos. Values in, values out.

What its database holds is read by ``facedex.digikam.database``.

- ``roots``: the folders that album roots are on this machine.
- ``rects``: a rectangle as one text.
- ``frames``: where rectangles lie in the stored pixels of their photo.
"""
