"""Everything that a photo's file or a sidecar says of faces and people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facedex.geometry import valid_orientation
from facedex.spelling import name_key
from facedex.xmp.acdsee import (
    acdsee_applied_to,
    acdsee_items,
    acdsee_name,
    is_acdsee_face,
    read_acdsee,
)
from facedex.xmp.containers import find_packets
from facedex.xmp.iptc import image_people, is_image_face, read_image_region
from facedex.xmp.not_understood import find_not_understood
from facedex.xmp.people_tags import listed_people, texts_of
from facedex.xmp.rdf import descriptions, items, properties, value
from facedex.xmp.regions import (
    OTHER_TYPES,
    Size,
    XmpRegion,
    applied_to,
    clean_name,
    clean_text,
    is_face,
    is_same_face,
    list_problem,
    mp_items,
    mwg_items,
    read_mp,
    read_mwg,
)
from facedex.xmp.schemas import (
    ACDSEE_REGIONS,
    HAS_EXTENDED,
    IMAGE_REGION,
    MP_INFO,
    MP_NAME,
    ORIENTATION,
    REGION_NAME,
    REGION_TYPE,
    REGIONS,
    SIDECAR_FOR,
    SUBJECT,
)
from facedex.xmp.tree import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facedex.xmp.tree import Element, ParsedPacket

MAX_REGIONS = 500  # of a file, as MAX_NAMES is
MAX_NAMES = 1000
NO_PROPERTIES = "no XMP properties in it"


@dataclass(frozen=True, slots=True)
class XmpFacts:
    """What the XMP of a file says.

    Attributes
    ----------
    regions : the faces, each once.
    names : people said to be in the picture whom no region names.
    keywords : the flat keywords (``dc:subject``), people's names among them or not.
    problems : one line of text for each item that could not be used.
    applied_to : (width, height) in pixels of the picture that the MWG regions were made for.
    orientation : ``tiff:Orientation``, 1 to 8; None where it is absent.
    n_other_regions : regions that are no faces: pets, bar codes, focus points, works of art.
    sidecar_for : ``photoshop:SidecarForExtension``, the extension of the file that a sidecar is of;
        ``""`` where it is absent.
    """

    regions: tuple[XmpRegion, ...] = ()
    names: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    applied_to: Size | None = None
    orientation: int | None = None
    n_other_regions: int = 0
    sidecar_for: str = ""


def says_something(facts: XmpFacts) -> bool:
    """Tell whether there is anything in it about faces, people or keywords, or a problem."""
    return bool(facts.regions or facts.names or facts.keywords or facts.problems)


def read_facts(data: bytes) -> XmpFacts:
    """Return what the bytes of a photo or of a sidecar say; never fails.

    A file without XMP gives the empty facts. :func:`facedex.xmp.containers.find_packets` says which
    formats are understood.
    """
    packets = find_packets(data)
    findings = _Findings()
    findings.problems += packets.problems
    for packet in packets.main:
        document = parse(packet)
        findings.take(document)
        guid = _extended_guid(document)
        if guid in packets.extended:
            findings.take(parse(packets.extended[guid]))
        elif guid:
            findings.problems.append("extended XMP is named but not there")
    return findings.facts()


def _extended_guid(document: ParsedPacket) -> str:
    if document.root is None:
        return ""
    found = (value(place, HAS_EXTENDED) for place in descriptions(document.root))
    return next((guid.upper() for guid in found if guid), "")


@dataclass(slots=True)
class _Findings:
    """Collects what the packets of one file say."""

    regions: list[XmpRegion] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    applied_to: Size | None = None
    orientation: int | None = None
    n_items: int = 0
    n_other_regions: int = 0
    sidecar_for: str = ""

    def take(self, document: ParsedPacket) -> None:
        """Add what a packet says."""
        if document.damage is not None:
            self.problems.append(document.damage)
        root = document.root
        if root is None:
            return
        if not descriptions(root):
            self.problems.append(NO_PROPERTIES)
        for regions in properties(root, REGIONS):
            self._take_mwg(regions)
        for info in properties(root, MP_INFO):
            self._take_list_problem("MP regions", info)
            for number, item in enumerate(mp_items(info), start=1):
                self._take_mp(number, item)
        for regions in properties(root, ACDSEE_REGIONS):
            self._take_acdsee(regions)
        for regions in properties(root, IMAGE_REGION):
            for number, item in enumerate(items(regions), start=1):
                self._take_image_region(number, item)
        self._take_names(root)
        self.problems += find_not_understood(document)
        self.orientation = self.orientation or _orientation(root)
        self.sidecar_for = self.sidecar_for or next(texts_of(root, SIDECAR_FOR), "")

    def facts(self) -> XmpFacts:
        placed = {name_key(region.name) for region in self.regions}
        unplaced = [name for name in self.names if name_key(name) not in placed]
        return XmpFacts(
            tuple(self.regions),
            _distinct(unplaced),
            _distinct(self.keywords),
            tuple(self.problems),
            self.applied_to,
            self.orientation,
            self.n_other_regions,
            self.sidecar_for,
        )

    def _take_mwg(self, regions: Element) -> None:
        size = applied_to(regions)
        self.applied_to = self.applied_to or size
        self._take_list_problem("MWG regions", regions)
        for number, item in enumerate(mwg_items(regions), start=1):
            if not self._may_take(item, f"MWG region {number}"):
                continue
            if not is_face(item):
                self._take_other("MWG region", number, value(item, REGION_TYPE), item)
                continue
            try:
                self._add(read_mwg(item, size))
            except ValueError as error:
                self._add_unplaced(f"MWG region {number}: {error}", value(item, REGION_NAME))

    def _take_mp(self, number: int, item: Element) -> None:
        if not self._may_take(item, f"MP region {number}"):
            return
        try:
            self._add(read_mp(item))
        except ValueError as error:
            self._add_unplaced(f"MP region {number}: {error}", value(item, MP_NAME))

    def _take_acdsee(self, regions: Element) -> None:
        self.applied_to = self.applied_to or acdsee_applied_to(regions)
        for number, item in enumerate(acdsee_items(regions), start=1):
            what = f"ACDSee region {number}"
            if not self._may_take(item, what):
                continue
            if not is_acdsee_face(item):
                self.n_other_regions += 1
                continue
            try:
                self._add(read_acdsee(item))
            except ValueError as error:
                self._add_unplaced(f"{what}: {error}", acdsee_name(item))

    def _take_image_region(self, number: int, item: Element) -> None:
        what = f"IPTC region {number}"
        if not self._may_take(item, what):
            return
        if not is_image_face(item):
            self.n_other_regions += 1
            return
        names = image_people(item)
        if len(names) > 1:
            self.names += names  # which of them is where is not said
            return
        name = names[0] if names else ""
        try:
            region = read_image_region(item, name, self.applied_to)
        except ValueError as error:
            self._add_unplaced(f"{what}: {error}", name)
            return
        if region is not None:
            self._add(region)
        else:
            self.names += names

    def _take_other(self, what: str, number: int, kind: str, item: Element) -> None:
        """Count a region that its type says is no face; tell of a name under an unknown type."""
        self.n_other_regions += 1
        if kind.casefold() not in OTHER_TYPES and clean_name(value(item, REGION_NAME)):
            self.problems.append(f"{what} {number}: not understood: its type is {kind[:40]!r}")

    def _take_list_problem(self, what: str, owner: Element) -> None:
        if (problem := list_problem(owner)) is not None:
            self.problems.append(f"{what}: {problem}")

    def _may_take(self, item: Element, what: str) -> bool:
        self.n_items += 1
        if self.n_items > MAX_REGIONS:
            if self.n_items == MAX_REGIONS + 1:
                self.problems.append(f"more than {MAX_REGIONS} regions")
            return False
        if not item.is_closed:
            self.problems.append(f"{what}: it breaks off")
        return item.is_closed

    def _add(self, region: XmpRegion) -> None:
        """Add a region, unless it repeats one: programs write a face in both schemas."""
        for place, known in enumerate(self.regions):
            if not is_same_face(known, region):
                continue
            if not region.name or name_key(known.name) == name_key(region.name):
                return
            if not known.name:
                self.regions[place] = replace(known, name=region.name)
                return
        self.regions.append(region)

    def _add_unplaced(self, problem: str, name: str) -> None:
        self.problems.append(problem)
        if name := clean_name(name):
            self.names.append(name)

    def _take_names(self, root: Element) -> None:
        names = [name for text in listed_people(root) if (name := clean_name(text))]
        keywords = [word for text in texts_of(root, SUBJECT) if (word := clean_text(text))]
        for kept, found, what in (
            (self.names, names, "names"),
            (self.keywords, keywords, "keywords"),
        ):
            kept += found[:MAX_NAMES]
            if len(found) > MAX_NAMES:
                self.problems.append(f"more than {MAX_NAMES} {what}")


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name_key(name), name)
    return tuple(first.values())


def _orientation(root: Element) -> int | None:
    for place in descriptions(root):
        text = value(place, ORIENTATION)
        if len(text) == 1 and text in "12345678":
            return valid_orientation(int(text))
    return None
