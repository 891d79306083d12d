"""Picasa's files, read only: ``.picasa.ini``, ``contacts.xml``, and the names that tie them.

Bytes and plain values in, frozen values out: no database, no image decoding; ``db3_files`` alone
opens files.

- ``ini``: the sections, contacts and albums of a ``.picasa.ini``, with every line counted.
- ``section``: what a section says of its photo.
- ``rects``: rectangles, and one item of a ``faces=`` line.
- ``problems``: what could not be used.
- ``contacts``: the names of ``contacts.xml``.
- ``profiles``: where Picasa keeps ``contacts.xml`` and its database.
- ``names``: which files are Picasa's, which photo a section means, who a contact id is.
- ``recipes``: how a file that Picasa saved came from its original.
- ``frames``: which pixel grid a rectangle was written for, and its place in the stored pixels.
- ``pmp``, ``thumbindex``: the files of Picasa's own database, db3.
- ``db3_people``, ``db3``, ``db3_files``: its tables put together; reading its folder.
- ``foreign_paths``: the paths in it, and where they are here.
"""
