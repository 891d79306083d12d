"""Namespaces and property names, in Clark's notation: ``{namespace}name``.

Sources: XMP specification parts 1 and 2 (Adobe), "Guidelines for Handling Image Metadata" 2.0 of
the Metadata Working Group (regions), Microsoft's "People Tagging Overview" (MP), and the fields
that digiKam and Lightroom read and write.
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
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_ACDSEE = "http://ns.acdsee.com/iptc/1.0/"
_ACDSEE_REGIONS = "http://ns.acdsee.com/regions/"
_ACDSEE_AREA = "http://ns.acdsee.com/sType/Area#"
_ACDSEE_DIMENSIONS = "http://ns.acdsee.com/sType/Dimensions#"
_EXPRESSION_MEDIA = "http://ns.microsoft.com/expressionmedia/1.0/"

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


def namespace_of(name: str) -> str:
    """Return the namespace of a name in Clark's notation; ``""`` where it has none."""
    return name[1:].rpartition("}")[0] if name.startswith("{") else ""


def local_name(name: str) -> str:
    """Return a name in Clark's notation without its namespace."""
    return name.rpartition("}")[2]


RDF = clark(_RDF, "RDF")
DESCRIPTION = clark(_RDF, "Description")
ABOUT = clark(_RDF, "about")
PARSE_TYPE = clark(_RDF, "parseType")
VALUE = clark(_RDF, "value")
BAG, SEQ, ALT, LI = (clark(_RDF, name) for name in ("Bag", "Seq", "Alt", "li"))
LANG = clark(XML, "lang")

REGIONS = clark(_MWG, "Regions")
REGION_LIST = clark(_MWG, "RegionList")
APPLIED_TO = clark(_MWG, "AppliedToDimensions")
REGION_NAME = clark(_MWG, "Name")
REGION_TYPE = clark(_MWG, "Type")
AREA = clark(_MWG, "Area")
AREA_X, AREA_Y, AREA_W, AREA_H, AREA_D, AREA_UNIT = (
    clark(_AREA, name) for name in ("x", "y", "w", "h", "d", "unit")
)
DIM_W, DIM_H, DIM_UNIT = (clark(_DIMENSIONS, name) for name in ("w", "h", "unit"))

MP_INFO = clark(_MP, "RegionInfo")
MP_REGIONS = clark(_MPRI, "Regions")
MP_RECTANGLE = clark(_MPREG, "Rectangle")
MP_NAME = clark(_MPREG, "PersonDisplayName")

ACDSEE_REGIONS = clark(_ACDSEE_REGIONS, "Regions")
ACDSEE_LIST = clark(_ACDSEE_REGIONS, "RegionList")
ACDSEE_APPLIED_TO = clark(_ACDSEE_REGIONS, "AppliedToDimensions")
ACDSEE_NAME = clark(_ACDSEE_REGIONS, "Name")
ACDSEE_TYPE = clark(_ACDSEE_REGIONS, "Type")
ACDSEE_ASSIGNED = clark(_ACDSEE_REGIONS, "NameAssignType")
# drawn by hand, and found by ACDSee
ACDSEE_AREAS = tuple(clark(_ACDSEE_REGIONS, name) for name in ("DLYArea", "ALGArea"))
ACDSEE_CORNERS = tuple(clark(_ACDSEE_AREA, name) for name in ("x", "y", "w", "h"))
# two namespaces occur
ACDSEE_DIM_W, ACDSEE_DIM_H = (
    tuple(clark(space, name) for space in (_ACDSEE_DIMENSIONS, _ACDSEE_AREA)) for name in ("w", "h")
)
ACDSEE_CATEGORIES = clark(_ACDSEE, "categories")

IMAGE_REGION = clark(_IPTC_EXT, "ImageRegion")
BOUNDARY = clark(_IPTC_EXT, "RegionBoundary")
BOUNDARY_SHAPE, BOUNDARY_UNIT = (clark(_IPTC_EXT, name) for name in ("rbShape", "rbUnit"))
BOUNDARY_X, BOUNDARY_Y, BOUNDARY_W, BOUNDARY_H, BOUNDARY_RADIUS = (
    clark(_IPTC_EXT, name) for name in ("rbX", "rbY", "rbW", "rbH", "rbRx")
)
BOUNDARY_VERTICES = clark(_IPTC_EXT, "rbVertices")
IPTC_NAME = clark(_IPTC_EXT, "Name")
IPTC_TYPE, IPTC_ROLE = (clark(_IPTC_EXT, name) for name in ("rCtype", "rRole"))
IDENTIFIERS = (clark(_XMP, "Identifier"), clark(_DC, "identifier"))

PERSON_IN_IMAGE = clark(_IPTC_EXT, "PersonInImage")
PERSON_DETAILS = clark(_IPTC_EXT, "PersonInImageWDetails")
PERSON_NAME = clark(_IPTC_EXT, "PersonName")
PEOPLE_LISTS = (
    PERSON_IN_IMAGE,
    clark(_MEDIAPRO, "People"),
    clark(_EXPRESSION_MEDIA, "People"),
)
SIDECAR_FOR = clark(_PHOTOSHOP, "SidecarForExtension")
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
# the tags under which people stand, as programs of several languages call them
PEOPLE_ROOTS = frozenset(
    [
        "people",
        "persons",
        "faces",
        "personen",
        "gesichter",
        "personnes",
        "visages",
        "personas",
        "persone",
        "pessoas",
        "osoby",
        "ludzie",
        "personer",
        "ihmiset",
        "люди",
        "лица",
        "人物",
        "人々",
        "인물",
    ]
)
PEOPLE_ROOT = "People"
# properties that are read, or written here
READ_HERE = frozenset(
    (
        REGIONS, MP_INFO, ACDSEE_REGIONS, ACDSEE_CATEGORIES, IMAGE_REGION, PERSON_DETAILS, SUBJECT,
        *PEOPLE_LISTS, *(name for tags in TAG_LISTS for name in tags.names),
    )
)  # fmt: skip
# namespaces whose names and areas are masks, layers, versions, places and works
TELL_OF_NOBODY = frozenset(
    (
        _RDF, XML, _XMP, _NOTE, _TIFF, _PHOTOSHOP,
        "http://ns.adobe.com/camera-raw-settings/1.0/",
        "http://ns.adobe.com/camera-raw-saved-settings/1.0/",
        "http://ns.adobe.com/camera-raw-defaults/1.0/",
        "http://ns.adobe.com/xap/1.0/mm/",
        "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
        "http://ns.adobe.com/exif/1.0/",
        "http://ns.adobe.com/exif/1.0/aux/",
        "http://cipa.jp/exif/1.0/",
        "http://ns.adobe.com/pdf/1.3/",
        "http://darktable.sf.net/",
        "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
        "http://ns.useplus.org/ldf/xmp/1.0/",
    )
)  # fmt: skip
