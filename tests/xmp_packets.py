"""XMP as different programs write it, made by hand; every packet marks the same two faces.

The picture is 600 x 400; Ann Lee lies at ANN, Bob Ray at BOB, in the stored pixels.
"""

import hashlib
import struct
import zlib

from photos import with_segment

from facedex.types import Box
from facedex.xmp.embedding import embed_faces
from facedex.xmp.merging import update_packet

SIZE = (600, 400)
ANN = Box(0.1, 0.2, 0.3, 0.5)
BOB = Box(0.6, 0.25, 0.7, 0.4)

STANDARD = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
NAMESPACES = {
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mediapro": "http://ns.iview-multimedia.com/mediapro/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
    "acdsee-rs": "http://ns.acdsee.com/regions/",
    "acdsee-stArea": "http://ns.acdsee.com/sType/Area#",
    "acdsee-stDim": "http://ns.acdsee.com/sType/Dimensions#",
    "expressionmedia": "http://ns.microsoft.com/expressionmedia/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "my": "http://example.org/unheard-of/",
}


def packet(body, attributes="", begin="\ufeff"):
    """One rdf:Description with this inside, in the usual wrapping."""
    used = "".join(f'\n  xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        f'<?xpacket begin="{begin}" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="by hand">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about=""{used}{attributes}>\n'
        f"{body}\n"
        "  </rdf:Description>\n"
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def mwg_item(x, y, w, h, name=None, kind="Face", unit="normalized", more=""):
    """A region as exiftool writes it: all elements."""
    named = "" if name is None else f"<mwg-rs:Name>{name}</mwg-rs:Name>"
    typed = "" if kind is None else f"<mwg-rs:Type>{kind}</mwg-rs:Type>"
    return (
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Area rdf:parseType="Resource">'
        f"<stArea:h>{h}</stArea:h><stArea:unit>{unit}</stArea:unit><stArea:w>{w}</stArea:w>"
        f"<stArea:x>{x}</stArea:x><stArea:y>{y}</stArea:y></mwg-rs:Area>"
        f"{named}{typed}{more}</rdf:li>"
    )


def dimensions(width=600, height=400):
    return (
        '<mwg-rs:AppliedToDimensions rdf:parseType="Resource">'
        f"<stDim:h>{height}</stDim:h><stDim:unit>pixel</stDim:unit><stDim:w>{width}</stDim:w>"
        "</mwg-rs:AppliedToDimensions>"
    )


def mwg(*items, size=SIZE, array="Bag"):
    """The property of MWG regions; without dimensions if ``size`` is None."""
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource">{dimensions(*size) if size else ""}'
        f"<mwg-rs:RegionList><rdf:{array}>{''.join(items)}</rdf:{array}></mwg-rs:RegionList>"
        "</mwg-rs:Regions>"
    )


def mp(*items):
    """The property of Microsoft's regions, of (rectangle, name) pairs; either may be None."""
    listed = "".join(
        '<rdf:li rdf:parseType="Resource">'
        + ("" if rect is None else f"<MPReg:Rectangle>{rect}</MPReg:Rectangle>")
        + ("" if name is None else f"<MPReg:PersonDisplayName>{name}</MPReg:PersonDisplayName>")
        + "</rdf:li>"
        for rect, name in items
    )
    return (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions>'
        f"<rdf:Bag>{listed}</rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )


def listed(name, *texts, array="Bag"):
    """A property that is a list of texts."""
    inside = "".join(f"<rdf:li>{text}</rdf:li>" for text in texts)
    return f"<{name}><rdf:{array}>{inside}</rdf:{array}></{name}>"


ANN_ITEM = mwg_item(0.2, 0.35, 0.2, 0.3, "Ann Lee")
BOB_ITEM = mwg_item(0.65, 0.325, 0.1, 0.15, "Bob Ray")

EXIFTOOL = packet(mwg(ANN_ITEM, BOB_ITEM))
DIGIKAM = packet(
    """
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="600" stDim:h="400" stDim:unit="pixel"/>
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li>
       <rdf:Description mwg-rs:Name="Ann Lee" mwg-rs:Type="Face">
       <mwg-rs:Area stArea:x="0.2" stArea:y="0.35" stArea:w="0.2" stArea:h="0.3"
        stArea:unit="normalized"/>
       </rdf:Description>
      </rdf:li>
      <rdf:li>
       <rdf:Description mwg-rs:Name="Bob Ray" mwg-rs:Type="Face">
       <mwg-rs:Area stArea:x="0.65" stArea:y="0.325" stArea:w="0.1" stArea:h="0.15"
        stArea:unit="normalized"/>
       </rdf:Description>
      </rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
   <MP:RegionInfo rdf:parseType="Resource">
    <MPRI:Regions>
     <rdf:Bag>
      <rdf:li MPReg:PersonDisplayName="Ann Lee" MPReg:Rectangle="0.1, 0.2, 0.2, 0.3"/>
      <rdf:li MPReg:PersonDisplayName="Bob Ray" MPReg:Rectangle="0.6, 0.25, 0.1, 0.15"/>
     </rdf:Bag>
    </MPRI:Regions>
   </MP:RegionInfo>"""
    + listed(
        "digiKam:TagsList", "People/Ann Lee", "People/Family/Bob Ray", "Places/Oslo", array="Seq"
    )
    + listed("dc:subject", "Ann Lee", "Bob Ray", "Oslo"),
    ' tiff:Orientation="1"',
)
# attributes wherever they may stand, nested Descriptions, a rotation
LIGHTROOM = packet(
    """
   <mwg-rs:Regions>
    <rdf:Description>
     <mwg-rs:AppliedToDimensions stDim:w="600" stDim:h="400" stDim:unit="pixel"/>
     <mwg-rs:RegionList>
      <rdf:Bag>
       <rdf:li>
        <rdf:Description mwg-rs:Rotation="0.00000" mwg-rs:Name="Ann Lee" mwg-rs:Type="Face">
         <mwg-rs:Area stArea:h="0.30000" stArea:w="0.20000" stArea:x="0.20000" stArea:y="0.35000"/>
        </rdf:Description>
       </rdf:li>
       <rdf:li>
        <rdf:Description mwg-rs:Rotation="0.00000" mwg-rs:Name="Bob Ray" mwg-rs:Type="Face">
         <mwg-rs:Area stArea:h="0.15000" stArea:w="0.10000" stArea:x="0.65000" stArea:y="0.32500"/>
        </rdf:Description>
       </rdf:li>
      </rdf:Bag>
     </mwg-rs:RegionList>
    </rdf:Description>
   </mwg-rs:Regions>"""
    + listed("lr:hierarchicalSubject", "People", "People|Ann Lee", "People|Bob Ray")
)
# no type for one, a focus point beside them, rdf:Seq
PICASA = packet(
    mwg(
        mwg_item(0.2, 0.35, 0.2, 0.3, "Ann Lee"),
        mwg_item(0.65, 0.325, 0.1, 0.15, "Bob Ray", kind=None),
        mwg_item(0.5, 0.5, 0.1, 0.1, kind="Focus"),
        mwg_item(0.5, 0.9, 0.1, 0.1, "Rex", kind="Pet"),
        mwg_item(0.9, 0.9, 0.1, 0.1, kind="BarCode"),
        array="Seq",
    )
)
WINDOWS = packet(
    mp(("0.1, 0.2, 0.2, 0.3", "Ann Lee"), ("0.6,0.25,0.1,0.15", "Bob Ray"))
    + listed("MicrosoftPhoto:LastKeywordXMP", "People/Ann Lee", "Holiday")
)
DIALECTS = {
    "exiftool": EXIFTOOL,
    "digikam": DIGIKAM,
    "lightroom": LIGHTROOM,
    "picasa": PICASA,
    "windows": WINDOWS,
}


def in_jpeg(jpeg, xmp):
    """The JPEG with this packet."""
    return with_segment(jpeg, 0xE1, STANDARD + xmp)


def in_jpeg_extended(jpeg, main_body, extended, *, chunk=300, guid=None):
    """The JPEG with a second packet in pieces, which the first names."""
    guid = guid or hashlib.md5(extended).hexdigest().upper()
    for at in reversed(range(0, len(extended), chunk)):
        head = guid.encode() + struct.pack(">II", len(extended), at)
        jpeg = with_segment(jpeg, 0xE1, EXTENDED + head + extended[at : at + chunk])
    return in_jpeg(jpeg, packet(main_body, f' xmpNote:HasExtendedXMP="{guid}"'))


def in_png(png, xmp, *, is_compressed=False):
    """The PNG with this packet in an iTXt chunk."""
    text = zlib.compress(xmp) if is_compressed else xmp
    body = b"iTXtXML:com.adobe.xmp\0" + bytes((is_compressed, 0)) + b"\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


def in_tiff(xmp, order="<", *, is_big=False):
    """A TIFF with nothing but a packet: two tables, the packet in the second."""
    count, link, size = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if is_big else 42)
    head += struct.pack(f"{order}HH", 8, 0) if is_big else b""
    first = len(head) + struct.calcsize(f"{order}{link}")
    table = struct.calcsize(f"{order}{count}") + size + struct.calcsize(f"{order}{link}")

    def one_entry(tag, kind, n, value, following):
        entry = struct.pack(f"{order}HH{link}{link}", tag, kind, n, value)
        return struct.pack(f"{order}{count}", 1) + entry + struct.pack(f"{order}{link}", following)

    return (
        head
        + struct.pack(f"{order}{link}", first)
        + one_entry(0x0100, 4, 1, 600, first + table)
        + one_entry(700, 1, len(xmp), first + 2 * table, 0)
        + xmp
    )


def box(kind, content):
    """An ISO box."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def in_heic(xmp, *, construction=0, version=1):
    """A file of boxes with two items, the second XMP, in the file or in the idat box."""
    mime = b"mime" + b"\0" + b"application/rdf+xml\0"
    infe = [
        box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", 1, 0) + b"hvc1\0"),
        box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", 2, 0) + mime),
    ]
    iinf = box(b"iinf", b"\0\0\0\0" + struct.pack(">H", 2) + b"".join(infe))
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def whole(at):
        method = struct.pack(">H", construction) if version else b""
        zero = struct.pack(">H", 0) if version else b""
        one = struct.pack(">H", 1) + zero + struct.pack(">HH", 0, 1) + struct.pack(">II", 0, 1)
        # cut in two extents
        two = struct.pack(">H", 2) + method + struct.pack(">HH", 0, 2)
        two += struct.pack(">IIII", at, 100, at + 100, len(xmp) - 100)
        iloc = box(b"iloc", bytes((version, 0, 0, 0, 0x44, 0)) + struct.pack(">H", 2) + one + two)
        idat = box(b"idat", xmp if construction else b"x")
        return ftyp + box(b"meta", b"\0\0\0\0" + iinf + iloc + idat)

    if construction:
        return whole(0)
    return whole(len(whole(0)) + 8) + box(b"mdat", xmp)


def merge_faces(xmp, faces, size):
    """The packet with these faces, of which facedex wrote nothing before."""
    return update_packet(xmp, faces, size).packet


def embedded(data, faces, size):
    """The photo with these faces in it, of which facedex wrote nothing before."""
    return embed_faces(data, faces, size).data
