"""Taking over who is named elsewhere: in Picasa's files, XMP, and other programs' databases.

- ``take_over_names``: the part of a scan; every named region becomes a confirmed face.
- ``sources``: what each source of names knows of its own documents; a registry of all of them.
- ``read_documents``, ``changed_files``, ``picasa_files``: reading what changed.
- ``link_regions``, ``named_people``, ``place_regions``: which photo, who, where.
- ``turn_photos``: photos that only a sidecar or Picasa says how to turn.
- ``take_in_database``, ``import_picasa``, ``import_digikam``, ``digikam_places``: the commands that
    import.
- ``preview_names``: a dry run before the first scan.
"""
