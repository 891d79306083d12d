"""Who is it: weighted distances, centroids, suggestions and groups of unknown faces.

Pure functions on NumPy arrays: no database, no files, no clock, no random numbers. The same faces
in another order get the same answer.

- ``metric``: sqrt(sum w_i (a_i - b_i)^2), its weights, and searches that never hold a full matrix.
- ``centroids``: a cluster's mean, grown and shrunk one encoding at a time without drift.
- ``thresholds``: how near is near enough, by the number of labels behind a centroid.
- ``matcher``: suggestions for faces, no person twice on one photo.
- ``linkage``: average linkage at any size in little memory.
- ``clustering``: groups of faces that belong to nobody yet, grown and never rebuilt.

Only encodings of one model may be passed to one call.
"""
