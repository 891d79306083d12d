"""Who is it: weighted distances, centroids, suggestions and groups of unknown faces.

Pure functions on NumPy arrays: no database, no files, no clock, no random numbers. The same faces
in another order get the same answer.

- ``metric``: weighted Euclid, and searches that never hold a full matrix; ``metrics``: what a
  library can choose from, all brought to plain Euclid.
- ``centroids``: a cluster's mean, grown and shrunk one encoding at a time without drift.
- ``modes``, ``known_people``: the centroids of a person, several where they look several ways.
- ``calibration``: from a distance, the labels behind it and the number of people to a probability.
- ``constraints``: what cannot be, and one person a photo.
- ``matcher``: suggestions for faces; ``recogniser`` keeps them right after every decision.
- ``audit``: which metric is best for a library, by its own labels.
- ``thresholds``: cuts for groups of unknown faces.
- ``linkage``: average linkage at any size in little memory.
- ``clustering``: groups of faces that belong to nobody yet, grown and never rebuilt.

Only encodings of one model may be passed to one call.
"""
