"""The sources of names that facedex knows; :mod:`.registry` lists them."""
