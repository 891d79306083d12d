"""Face regions and people's names in XMP: read from photos and sidecars, and merged into them.

Bytes and plain values in, frozen values out: no database, no decoding of images. Only ``sidecars``
touches files.

- ``schemas``: namespaces and property names.
- ``tree``: XML to elements that know their place in the bytes, and back.
- ``rdf``: the forms in which RDF writes one property.
- ``containers``, ``jpeg``, ``isobmff``: where a photo's file keeps its packets.
- ``regions``: one area of the MWG and Microsoft schemas.
- ``reading``: everything that a file says of faces.
- ``frames``: whether regions are meant in the stored pixels.
- ``editing``: changing a property of a packet; all else in it stays, byte by byte.
- ``merging``: adding faces to a packet, in every form that other programs look for.
- ``embedding``: the merged packet put into a JPEG.
- ``sidecars``: which ``.xmp`` belongs to a photo; writing it.
"""
