"""facedex: find, name and look up the faces in a personal photo library."""
