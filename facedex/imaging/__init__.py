"""From bytes to upright pixels: formats, decoding, EXIF, hashes, thumbnails. No database."""
