"""Google Takeout's JSON beside photos, from a scan to the views and the report."""

import json

import photos
import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]

REGIONS = (
    "SELECT r.source, p.path, r.person_name, r.status FROM v1_regions r JOIN v1_files p"
    " ON p.photo_id = r.photo_id ORDER BY 2, 3"
)


def write_json(path, *names, title):
    said = {"title": title, "photoTakenTime": {}, "people": [{"name": name} for name in names]}
    photos.write(path, json.dumps(said).encode())


def test_a_scan_takes_over_who_is_on_a_photo(tmp_path, library, run_scan, facedex):
    folder = tmp_path / "Takeout" / "Photos from 2019"
    photos.write(folder / "a.jpg", photos.encoded(photos.astronaut()))
    photos.write(folder / "a-edited.jpg", photos.encoded(photos.both()))
    photos.write(folder / "b(1).jpg", photos.encoded(photos.hopper()))
    photos.write(folder / "metadata.json", b'{"title": "Photos from 2019"}')
    photos.write(folder / "package.json", b"{")
    write_json(folder / "a.jpg.supplemental-met.json", "Eileen Collins", title="a.jpg")
    write_json(folder / "b.jpg(1).json", "Grace Hopper", "Unknown", title="b.jpg")
    report = run_scan(folder.parent, library)
    assert report.exit_code == 0
    said = [
        ("takeout", str(folder / "a-edited.jpg"), "Eileen Collins", "unplaced"),
        ("takeout", str(folder / "a.jpg"), "Eileen Collins", "unplaced"),
        ("takeout", str(folder / "b(1).jpg"), "Grace Hopper", "unplaced"),
    ]
    assert photos.select(library, REGIONS) == said
    assert photos.select(library, "SELECT name, n_confirmed FROM v1_people ORDER BY 1") == [
        ("Eileen Collins", 0),
        ("Grace Hopper", 0),
    ]
    tables = ("region", "source", "person")
    before = photos.whole_tables(library, *tables)
    run_scan(None, library)
    assert photos.whole_tables(library, *tables) == before
    printed = facedex("--library", library, "picasa", "report").stdout
    assert b"Google Takeout" in printed
    preview = facedex("picasa", "report", "--dry-run", folder, "--json").stdout
    (line,) = json.loads(preview)["sources"]
    assert (line["kind"], line["n_sources"], line["outcomes"]["unplaced"]) == ("takeout", 2, 3)
