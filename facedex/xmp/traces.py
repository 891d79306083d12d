"""What facedex left in a packet, so that it can take out again what is no longer true.

What is not among the traces was written by others, and stays. What facedex overwrote stands beside
what it put there, and comes back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from facedex.geometry import iou
from facedex.naming.same_face import is_rewritten
from facedex.spelling import tidy_name
from facedex.types import Box
from facedex.xmp.regions import XmpRegion


@dataclass(frozen=True, slots=True)
class RegionTrace:
    """A region that facedex wrote, and what stood there before: another's region, or None."""

    region: XmpRegion
    old: XmpRegion | None = None


@dataclass(frozen=True, slots=True)
class TextTrace:
    """A text that facedex put into a list, or took out of it.

    Attributes
    ----------
    listed : the name of the property, in Clark's notation.
    is_removed : another program's text that went because its region got another name.
    """

    listed: str
    text: str
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Traces:
    """All that facedex left in one packet."""

    regions: tuple[RegionTrace, ...] = ()
    texts: tuple[TextTrace, ...] = ()

    def __or__(self, other: Traces) -> Traces:
        """Return the traces of both."""
        return Traces(
            tuple(dict.fromkeys(self.regions + other.regions)),
            tuple(dict.fromkeys(self.texts + other.texts)),
        )


NO_TRACES = Traces()


def find_trace(region: XmpRegion, traces: Traces) -> RegionTrace | None:
    """Return the trace of a region that a packet holds, or None if others wrote or changed it."""
    fitting = [
        (iou(trace.region.box, region.box), index)
        for index, trace in enumerate(traces.regions)
        if (trace.region.schema, trace.region.name) == (region.schema, region.name)
        and is_rewritten(trace.region.box, region.box)
    ]
    return traces.regions[max(fitting)[1]] if fitting else None


def to_json(traces: Traces) -> str:
    """Return the traces as text for the database."""
    found = {
        "regions": [[_plain(each.region), _plain(each.old)] for each in traces.regions],
        "texts": [[each.listed, each.text, each.is_removed] for each in traces.texts],
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Traces:
    """Return what :func:`to_json` made a text of."""
    found = json.loads(text)
    return Traces(
        tuple(
            RegionTrace(_region(now), None if old is None else _region(old))
            for now, old in found["regions"]
        ),
        tuple(TextTrace(*each) for each in found["texts"]),
    )


def _plain(region: XmpRegion | None) -> list[Any] | None:
    if region is None:
        return None
    box = region.box
    return [region.name, region.schema, box.x0, box.y0, box.x1, box.y1]


def _region(plain: list[Any]) -> XmpRegion:
    name, schema, *edges = plain
    return XmpRegion(Box(*edges), tidy_name(name), schema)  # as names are read now
