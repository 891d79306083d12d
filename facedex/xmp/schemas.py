"""Namespaces and property names, in Clark's notation: ``{namespace}name``.

Sources: XMP specification parts 1 and 2 (Adobe), "Guidelines for Handling Image Metadata" 2.0 of the
Metadata Working Group (regions), Microsoft's "People Tagging Overview" (MP), and the fields that
digiKam and Lightroom read and write.
"""

from __future__ import annotations

from typing import NamedTuple

XML = "http://www.w3.org/XML/1998/namespace"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MWG = "http://www.metadataworkinggroup.com/schemas/regions/"
_AREA = "http://ns.adobe.com/xmp/sType/Area#"
_DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_MP = "http://ns.microsoft.com/photo/1.2/"
_MPRI = "http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
_MPREG = "http://ns.microsoft.com/photo/1.2/t/Region#"
_DC = "http://purl.org/dc/elements/1.1/"
_DIGIKAM = "http://www.digikam.org/ns/1.0/"
_MICROSOFT = "http://ns.microsoft.com/photo/1.0/"  # as Windows and Exiv2 spell it
_LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
_MEDIAPRO = "http://ns.iview-multimedia.com/mediapro/1.0/"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_NOTE = "http://ns.adobe.com/xmp/note/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"

# what a namespace is called where the packet has no prefix for it
PREFIXES = {
    XML: "xml",
    _RDF: "rdf",
    _MWG: "mwg-rs",
    _AREA: "stArea",
    _DIMENSIONS: "stDim",
    _MP: "MP",
    _MPRI: "MPRI",
    _MPREG: "MPReg",
    _DC: "dc",
    _DIGIKAM: "digiKam",
    _MICROSOFT: "MicrosoftPhoto",
    _LIGHTROOM: "lr",
    _MEDIAPRO: "mediapro",
    _IPTC_EXT: "Iptc4xmpExt",
}


def clark(namespace: str, name: str) -> str:
    """Return a name in Clark's notation."""
    return f"{{{namespace}}}{name}"


RDF = clark(_RDF, "RDF")
DESCRIPTION = clark(_RDF, "Description")
ABOUT = clark(_RDF, "about")
PARSE_TYPE = clark(_RDF, "parseType")
VALUE = clark(_RDF, "value")
BAG, SEQ, ALT, LI = (clark(_RDF, name) for name in ("Bag", "Seq", "Alt", "li"))

REGIONS = clark(_MWG, "Regions")
REGION_LIST = clark(_MWG, "RegionList")
APPLIED_TO = clark(_MWG, "AppliedToDimensions")
REGION_NAME = clark(_MWG, "Name")
REGION_TYPE = clark(_MWG, "Type")
AREA = clark(_MWG, "Area")
AREA_X, AREA_Y, AREA_W, AREA_H, AREA_UNIT = (
    clark(_AREA, name) for name in ("x", "y", "w", "h", "unit")
)
DIM_W, DIM_H, DIM_UNIT = (clark(_DIMENSIONS, name) for name in ("w", "h", "unit"))

MP_INFO = clark(_MP, "RegionInfo")
MP_REGIONS = clark(_MPRI, "Regions")
MP_RECTANGLE = clark(_MPREG, "Rectangle")
MP_NAME = clark(_MPREG, "PersonDisplayName")

PERSON_IN_IMAGE = clark(_IPTC_EXT, "PersonInImage")
SUBJECT = clark(_DC, "subject")
HAS_EXTENDED = clark(_NOTE, "HasExtendedXMP")
ORIENTATION = clark(_TIFF, "Orientation")


class TagList(NamedTuple):
    """A list of keywords that are paths.

    Attributes
    ----------
    names : the property; further spellings of it that occur follow the one that is written.
    container : what its items are written in.
    separator : between the parts of a path.
    """

    names: tuple[str, ...]
    container: str
    separator: str


# digiKam writes all four; Lightroom reads the third, Windows the second
TAG_LISTS = (
    TagList((clark(_DIGIKAM, "TagsList"),), SEQ, "/"),
    TagList(  # exiftool's spelling has no slash
        (clark(_MICROSOFT, "LastKeywordXMP"), clark(_MICROSOFT[:-1], "LastKeywordXMP")), BAG, "/"
    ),
    TagList((clark(_LIGHTROOM, "hierarchicalSubject"),), BAG, "|"),
    TagList((clark(_MEDIAPRO, "CatalogSets"),), BAG, "|"),
)
PEOPLE_ROOT = "People"
