"""Names on their way out: XMP in sidecars and in photos."""
