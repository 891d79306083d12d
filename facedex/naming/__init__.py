"""The rules of names, without a database, files or a window: values in, values out.

- ``trust``: whose word counts, in one order.
- ``words``: the words about one face, and what becomes of them when somebody adds another.
- ``encoder``: what is true of one encoder: what its distances mean, which encodings count.
- ``same_face``: which boxes are around one face, and who is paired with whom.
- ``readings``, ``explaining``, ``crops``, ``placing``: what the numbers of regions may mean, and
  which of it the faces that were found bear out.
"""
