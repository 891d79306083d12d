import picasa_db3
import pytest

from facedex.picasa import thumbindex as thumbindex_module
from facedex.picasa.problems import Problems
from facedex.picasa.thumbindex import ThumbEntry, parse_thumbindex

ENTRIES = [
    ("D:\\Photos\\", 1, picasa_db3.NOTHING),
    ("Ágnes.jpg", 2, 0),
    ("", 1001, 1),
    ("", 0, picasa_db3.NOTHING),
]
READ = [
    ThumbEntry("D:\\Photos\\", 1, None),
    ThumbEntry("Ágnes.jpg", 2, 0),
    ThumbEntry("", 1001, 1),
    ThumbEntry("", 0, None),
]


def read(data):
    problems = Problems()
    return parse_thumbindex(data, problems), problems.lines()


def test_bytes_are_those_of_the_format():
    data = picasa_db3.thumbindex([("", 1001, 2)])
    assert data.hex() == "666646400100000000" + 32 * "0" + "01000000e9030000000102000000"


def test_entries_are_read_by_row():
    assert read(picasa_db3.thumbindex(ENTRIES)) == (READ, ())
    assert read(picasa_db3.thumbindex([])) == ([], ())


def test_entries_tell_what_they_are():
    face = READ[2]
    assert [entry.is_folder for entry in READ] == [True, False, False, False]
    assert [entry.is_file for entry in READ] == [False, True, False, False]
    assert [entry.is_face for entry in READ] == [False, False, True, False]
    # what is left of a face that was untagged, in whichever field it shows
    assert not face._replace(type=0).is_face
    assert not face._replace(owner=None).is_face


def test_every_truncation_keeps_the_whole_entries():
    data = picasa_db3.thumbindex(ENTRIES)
    ends = [len(picasa_db3.thumbindex(ENTRIES[:n])) for n in range(len(ENTRIES) + 1)]
    for length in range(len(data)):
        entries, problems = read(data[:length])
        n_whole = max(0, sum(end <= length for end in ends) - 1)
        assert entries == READ[:n_whole], length
        assert len(problems) == 1


@pytest.mark.parametrize("data", [b"", b"ff", b"\0" * 8, b"\xcd\xcc\xcc\x3f" + bytes(40)])
def test_other_files_are_refused(data):
    entries, problems = read(data)
    assert entries == []
    assert problems == ("not read: no index's header",)


def test_wrong_counts_are_said():
    assert read(picasa_db3.thumbindex(ENTRIES, count=3)) == (
        READ[:3],
        ("more bytes than its 3 entries take",),
    )
    assert read(picasa_db3.thumbindex(ENTRIES, count=2**32 - 1)) == (
        READ,
        ("cut off: 4 entries of 4294967295",),
    )


def test_endless_name_is_no_name():
    entries, problems = read(
        picasa_db3.thumbindex([("x" * 1025, 1, picasa_db3.NOTHING), ENTRIES[1]])
    )
    assert entries == [ThumbEntry("", 0, None), READ[1]]
    assert problems[0].startswith("a name of 1025 bytes: 'xxx")


def test_limits_of_rows_and_bytes(monkeypatch):
    data = picasa_db3.thumbindex(ENTRIES)
    monkeypatch.setattr(thumbindex_module, "MAX_ROWS", 2)
    assert read(data) == (READ[:2], ("cut off: 2 entries of 4",))
    monkeypatch.setattr(thumbindex_module, "MAX_DB3_BYTES", len(data) - 1)
    assert read(data) == ([], (f"not read: over {len(data) - 1} bytes",))
