"""Face regions of other programs in XMP."""
