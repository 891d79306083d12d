"""Another source of names needs a place in the registry and nothing else."""

import json
from types import SimpleNamespace

import pytest
from blake3 import blake3

from facedex.db import files, regions, sources
from facedex.db.connection import transaction
from facedex.db.regions import NewRegion
from facedex.db.sources import NewNote, SourceFacts
from facedex.naming.trust import Trust, trust_in_source
from facedex.plugins.name_sources import DocumentText
from facedex.progress import NullSink
from facedex.services.names_in.read_documents import read_documents
from facedex.services.names_in.sources import registry
from facedex.services.names_in.take_over_names import settle_regions
from facedex.services.telling.ledger import make_ledger
from facedex.types import Box, FileStat, NoPlace, Place, Source


class ListSource:
    """A file ``faces.list`` in each folder: photo, name, corners."""

    kind = "list"
    title = "lists of faces"
    source = Source.XMP
    trust = 25  # less than Picasa, more than digiKam
    is_written_here = False
    ending = ".list"
    phase = "Reading lists"
    stage = "list"
    limit_bytes = 1 << 20

    def is_document(self, relpath):
        return relpath.endswith(b"faces.list")

    def read(self, relpath, data):
        said = json.loads(data)
        return DocumentText(
            SourceFacts(details={"shift": said["shift"]}),
            [NewRegion(p, str(c), Box(*c), name=n) for p, n, c in said["faces"]],
            [NewNote("a.jpg", caption="theirs")],
        )

    def open(self, documents):
        shift = {one.source_id: one.details["shift"] for one in documents}

        def place(of_document, photo, detected):
            by = shift[of_document[0].source_id]
            boxes = [one.box for one in of_document]
            return [
                NoPlace("nowhere")
                if box.x0 + by > 1
                else Place(Box(box.x0 + by, box.y0, box.x1 + by, box.y1), "shifted")
                for box in boxes
            ]

        return SimpleNamespace(place=place)


@pytest.fixture
def library(small, monkeypatch):
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, ListSource()))
    return small


def write_list(library, shift, *listed):
    """Add a list beside the photos, as a walk and a scan note it."""
    content = json.dumps({"shift": shift, "faces": listed}).encode()
    path = library.directory / "photos" / "faces.list"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with transaction(library.db):
        stat = FileStat(b"faces.list", len(content), 1, 1, 999, 1)
        file_id = files.add_file(library.db, library.root, stat)
        files.set_read(library.db, file_id, 1, blake3(content).digest(), None, None)


def place(library):
    read_documents(library.db, NullSink())
    with transaction(library.db):
        return settle_regions(library.db)


def test_its_documents_are_read_and_its_regions_placed_as_it_says(library):
    (face,) = library.photo("a", name=b"a.jpg")  # at .05, .2, .85, .6
    write_list(
        library,
        0.25,
        ["a.jpg", "Ann", [-0.2, 0.2, 0.6, 0.6]],
        ["a.jpg", "Bob", [0.9, 0.2, 1.0, 0.6]],
    )
    assert place(library) == {}
    assert library.said(face) == [("Ann", "confirmed", "xmp")]
    found = {r.name: (r.status, r.face_id) for r in regions.list_regions(library.db)}
    assert found == {"Ann": ("encoded", face), "Bob": ("unplaced", None)}
    assert library.db.execute("SELECT caption FROM note").get == "theirs"
    assert place(library) == {}  # again, and nothing changes
    assert library.said(face) == [("Ann", "confirmed", "xmp")]


def test_the_ledger_calls_it_by_its_title(library):
    library.photo("a", name=b"a.jpg")
    write_list(library, 0, ["a.jpg", "Ann", [0.05, 0.2, 0.85, 0.6]])
    place(library)
    found = make_ledger(library.db)
    assert [(line.kind, line.outcomes.encoded) for line in found.sources] == [("list", 1)]
    assert found.titles == {"list": "lists of faces"}


@pytest.mark.parametrize(("trust", "winner"), [(15, "Ann"), (25, "Bob")])
def test_the_word_of_a_source_that_is_trusted_more_counts(library, monkeypatch, trust, winner):
    monkeypatch.setattr(ListSource, "trust", trust)
    (face,) = library.photo("a", name=b"a.jpg")
    write_list(library, 0, ["a.jpg", "Ann", [0.05, 0.2, 0.85, 0.6]])
    with transaction(library.db):
        source = sources.save_source(library.db, "db3", SourceFacts(), path="/db3")
        here = str(library.directory / "photos" / "a.jpg")
        theirs = NewRegion(here, "0d3333339999cccc", Box(0.05, 0.2, 0.85, 0.6), name="Bob")
        regions.save_regions(library.db, source, [theirs])
    place(library)
    assert library.confirmed(face) == winner


def test_picasas_inis_beat_its_database_then_come_digikam_xmp_and_takeout():
    kinds = [one.kind for one in sorted(registry.SOURCES, key=lambda one: one.trust)]
    assert kinds == ["ini", "db3", "digikam", "xmp", "takeout"]


def test_sources_count_as_far_as_the_names_they_speak_in_and_never_as_the_user():
    for one in registry.SOURCES:
        assert Trust.USER < trust_in_source(one.source) <= one.trust < Trust.PROGRAM


def test_what_a_source_said_that_is_gone_stays(library, monkeypatch):
    (face,) = library.photo("a", name=b"a.jpg")
    write_list(library, 0, ["a.jpg", "Ann", [0.05, 0.2, 0.85, 0.6]])
    place(library)
    monkeypatch.setattr(registry, "SOURCES", registry.SOURCES[:-1])
    library.db.execute("UPDATE region SET status = 'pending'")
    assert place(library) == {}
    assert library.said(face) == [("Ann", "confirmed", "xmp")]
    assert make_ledger(library.db).titles == {"list": "list"}
