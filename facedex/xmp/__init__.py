"""Face regions and people's names in XMP: read from photos and sidecars, and merged into them.

Bytes and plain values in, frozen values out: no database, no decoding of images. Only ``files``
writes, and only ``files`` and ``photo_files`` look at the disk.

- ``schemas``: namespaces and property names.
- ``tree``: XML to elements that know their place in the bytes, and back.
- ``rdf``: the forms in which RDF writes one property.
- ``containers``, ``jpeg``, ``png``, ``webp``, ``isobmff``: where a photo's file keeps its packets.
- ``regions``: one area of the MWG and Microsoft schemas.
- ``reading``: everything that a file says of faces.
- ``frames``: whether regions are meant in the stored pixels.
- ``editing``: changing a property of a packet; all else in it stays, byte by byte.
- ``traces``: what of a packet facedex wrote.
- ``merging``, ``merging_regions``, ``merging_texts``: a packet brought up to date with the named
    faces.
- ``embedding``, ``photo_files``: the packet put into a photo's own file, and which may take it.
- ``sidecars``: which ``.xmp`` belongs to a photo, and what is to become of it.
- ``files``: a file put in another's place.
"""
