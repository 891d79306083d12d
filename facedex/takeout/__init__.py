"""Google Takeout: the JSON beside each photo of Google Photos, which says who is on it.

:mod:`.reading` reads one, :mod:`.naming` says which photos of its folder it is about. There is no
specification: what holds here is what programs that sort such exports agree on (immich-go,
google-photos-takeout-helper), and what the files show.
"""
