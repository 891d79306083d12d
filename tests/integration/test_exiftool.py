"""exiftool reads what facedex writes, and facedex reads what exiftool writes."""

import json
import shutil
import subprocess

import numpy as np
import photos
import pytest
from PIL import Image
from xmp_packets import ANN, BOB, DIGIKAM, EXIFTOOL, SIZE, embedded, in_jpeg, in_png, merge_faces

from facedex.imaging.hashes import image_hash
from facedex.types import Box
from facedex.xmp.embedding import embed_faces
from facedex.xmp.merging import NamedFace
from facedex.xmp.reading import read_facts

EXIFTOOL_PROGRAM = shutil.which("exiftool")
pytestmark = pytest.mark.skipif(
    EXIFTOOL_PROGRAM is None, reason="exiftool is not installed (apt: libimage-exiftool-perl)"
)
FACES = [NamedFace("Ann <Lee> & Zoë", ANN), NamedFace("Bob Ray", BOB)]
NAMES = [face.name for face in FACES]
# Windows and Exiv2 end the namespace with a slash, exiftool does not; each reads both
SLASH = "[minor] Fixed incorrect URI for xmlns:MicrosoftPhoto"
REGION_INFO = (
    "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=600,H=400,Unit=pixel},RegionList=["
    "{Area={X=0.2,Y=0.35,W=0.2,H=0.3,Unit=normalized},Name=Ann Lee,Type=Face},"
    "{Area={X=0.65,Y=0.325,W=0.1,H=0.15,Unit=normalized},Name=Bob Ray,Type=Face},"
    "{Area={X=0.5,Y=0.5,W=0.1,H=0.1,Unit=normalized},Name=Rex,Type=Pet}]}"
)
MP_INFO = (
    "-XMP-MP:RegionInfoMP={Regions=[{Rectangle=0.1|, 0.2|, 0.2|, 0.3,PersonDisplayName=Ann Lee},"
    "{Rectangle=0.6|, 0.25|, 0.1|, 0.15,PersonDisplayName=Bob Ray}]}"
)


def run(*arguments):
    done = subprocess.run(
        [EXIFTOOL_PROGRAM, *arguments],
        capture_output=True, text=True, timeout=60, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0
    assert all(SLASH in line for line in done.stderr.splitlines()), done.stderr
    return done.stdout


def read_by_exiftool(path):
    """Return its view of a file's XMP; it must find nothing to warn of."""
    told = json.loads(run("-json", "-a", "-struct", "-G1", "-XMP:all", "-Warning", "-Error", path))[
        0
    ]
    warnings = [text for key, text in told.items() if "Warning" in key or "Error" in key]
    assert set(warnings) <= {SLASH}
    return told


def edges(box):
    return (box.x0, box.y0, box.x1, box.y1)


def picture(image_format="JPEG", **options):
    pixels = np.random.default_rng(5).integers(0, 256, (40, 60, 3), np.uint8)
    return photos.encoded(Image.fromarray(pixels), image_format, **options)


def validate(path):
    """What exiftool finds wrong with a file, its minor complaints too."""
    told = json.loads(run("-json", "-a", "-G1", "-validate", "-Warning", "-Error", path))[0]
    found = [text for key, text in told.items() if "Warning" in key or "Error" in key]
    return {text for each in found for text in (each if isinstance(each, list) else [each])}


def in_photo(kind, xmp):
    data = picture(kind, **({"xmp": xmp} if kind == "WEBP" else {}))
    return {"JPEG": in_jpeg, "PNG": in_png}[kind](data, xmp) if kind != "WEBP" else data


def assert_it_sees_both(told):
    regions = told["XMP-mwg-rs:RegionInfo"]
    assert regions["AppliedToDimensions"] == {"W": 600, "H": 400, "Unit": "pixel"}
    assert [item["Name"] for item in regions["RegionList"]] == NAMES
    assert {item["Type"] for item in regions["RegionList"]} == {"Face"}
    for item, box in zip(regions["RegionList"], (ANN, BOB), strict=True):
        area = item["Area"]
        assert area["Unit"] == "normalized"
        center_and_size = (*box.center, box.width, box.height)
        assert (area["X"], area["Y"], area["W"], area["H"]) == pytest.approx(center_and_size)
    ours = told["XMP-MP:RegionInfoMP"]["Regions"]
    assert [item["PersonDisplayName"] for item in ours] == NAMES
    rectangle = [float(number) for number in ours[0]["Rectangle"].split(", ")]
    assert rectangle == pytest.approx([ANN.x0, ANN.y0, ANN.width, ANN.height])
    assert told["XMP-iptcExt:PersonInImage"] == NAMES
    assert told["XMP-dc:Subject"] == NAMES
    for key in ("XMP-digiKam:TagsList", "XMP-microsoft:LastKeywordXMP"):
        assert told[key] == [f"People/{name}" for name in NAMES]
    for key in ("XMP-lr:HierarchicalSubject", "XMP-mediapro:CatalogSets"):
        assert told[key] == [f"People|{name}" for name in NAMES]


def test_it_reads_our_sidecar(tmp_path):
    path = tmp_path / "a.jpg.xmp"
    path.write_bytes(merge_faces(None, FACES, SIZE))
    assert_it_sees_both(read_by_exiftool(path))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("before", [None, EXIFTOOL])
def test_it_reads_our_photos_and_finds_no_new_fault(tmp_path, kind, before):
    data = picture(kind) if before is None else in_photo(kind, before)
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(data)
    faults = validate(path)
    path.write_bytes(embedded(data, FACES, SIZE))
    assert_it_sees_both(read_by_exiftool(path))
    assert validate(path) <= faults | {SLASH}
    assert run("-s3", "-ImageSize", path).strip() == "60x40"


@pytest.mark.parametrize("before", [EXIFTOOL, DIGIKAM])
def test_it_reads_what_we_merged(tmp_path, before):
    path = tmp_path / "a.jpg"
    cy = NamedFace("Cy", Box(0.8, 0.1, 0.9, 0.3))
    path.write_bytes(embedded(in_jpeg(picture(), before), [cy], SIZE))
    told = read_by_exiftool(path)
    names = [item["Name"] for item in told["XMP-mwg-rs:RegionInfo"]["RegionList"]]
    assert names == ["Ann Lee", "Bob Ray", "Cy"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_can_go_on_from_what_we_wrote_and_we_from_that(tmp_path, kind):
    path = tmp_path / f"a.{kind.lower()}"
    ours, traces = embed_faces(picture(kind), FACES, SIZE)
    path.write_bytes(ours)
    run("-q", "-overwrite_original", "-XMP-xmp:Rating=4", path)
    data = path.read_bytes()
    facts = read_facts(data)
    assert [region.name for region in facts.regions] == NAMES
    assert facts.problems == ()
    assert image_hash(data, kind) == image_hash(picture(kind), kind)
    assert embedded(data, FACES, SIZE) == data
    path.write_bytes(embed_faces(data, [], SIZE, traces).data)
    told = read_by_exiftool(path)
    assert told["XMP-xmp:Rating"] == 4
    assert not [
        key for key in told if key.startswith(("XMP-mwg", "XMP-MP", "XMP-dc", "XMP-digiKam"))
    ]


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif", "heic", "xmp"])
@pytest.mark.parametrize("schema", [REGION_INFO, MP_INFO])
def test_we_read_what_it_writes(tmp_path, kind, schema):
    path = tmp_path / f"a.{kind}"
    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    formats = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "heic": "HEIF"}
    if kind != "xmp":
        path.write_bytes(picture(formats[kind]))
        run("-q", "-overwrite_original", schema, path)
    else:
        run("-q", schema, path)
    facts = read_facts(path.read_bytes())
    assert facts.problems == ()
    assert [region.name for region in facts.regions] == ["Ann Lee", "Bob Ray"]
    for region, box in zip(facts.regions, (ANN, BOB), strict=True):
        assert edges(region.box) == pytest.approx(edges(box))
    assert facts.n_other_regions == (1 if schema == REGION_INFO else 0)


def test_we_merge_into_what_it_writes(tmp_path):
    path = tmp_path / "a.xmp"
    run("-q", REGION_INFO, MP_INFO, "-XMP-xmp:Rating=4", "-XMP-dc:Description=by the sea", path)
    path.write_bytes(merge_faces(path.read_bytes(), [NamedFace("Anna", ANN)], SIZE))
    told = read_by_exiftool(path)
    listed = told["XMP-mwg-rs:RegionInfo"]["RegionList"]
    assert [(item["Name"], item["Type"]) for item in listed] == [
        ("Anna", "Face"),
        ("Bob Ray", "Face"),
        ("Rex", "Pet"),
    ]
    assert told["XMP-xmp:Rating"] == 4
    assert told["XMP-dc:Description"] == "by the sea"
