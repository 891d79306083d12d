import math
import struct

import numpy as np
import picasa_db3
import pytest

from facedex.picasa import pmp as pmp_module
from facedex.picasa.pmp import Column, parse_pmp
from facedex.picasa.problems import Problems


def read(data, kind):
    problems = Problems()
    return parse_pmp(data, kind, problems), problems.lines()


def values(column):
    rows = range(len(column))
    return [column.text(i) if column.texts else column.numbers[i].item() for i in rows]


def test_bytes_are_those_of_the_format():
    assert picasa_db3.pmp(1, [7, 258]) == bytes.fromhex(
        "cdcccc3f 0100 3213 02000000 0100 3213 02000000 07000000 02010000"
    )
    assert picasa_db3.pmp(0, ["é", ""]) == bytes.fromhex(
        "cdcccc3f 0000 3213 02000000 0000 3213 02000000 c3a900 00"
    )


@pytest.mark.parametrize(
    ("type_", "kind", "given"),
    [
        (0, "text", ["Ann", "", "żółw", "a;b=c\r\n"]),
        (6, "text", ["", "", "x"]),
        (1, "integer", [0, 1, 2**32 - 1]),
        (7, "integer", [640, 480]),
        (3, "integer", [0, 255]),
        (4, "integer", [1, 2**64 - 1, 0x1000200030004000]),
        (5, "integer", [0, 65535]),
        (2, "real", [0.0, -1.25, 41234.5]),
    ],
)
def test_every_type_is_read(type_, kind, given):
    column, problems = read(picasa_db3.pmp(type_, given), kind)
    assert values(column) == given
    assert len(column) == len(given)
    assert problems == ()


@pytest.mark.parametrize(("type_", "kind"), [(0, "text"), (4, "integer"), (2, "real")])
def test_column_may_be_empty(type_, kind):
    column, problems = read(picasa_db3.pmp(type_, []), kind)
    assert len(column) == 0
    assert problems == ()


def test_rows_past_the_end_are_empty():
    texts, _ = read(picasa_db3.pmp(0, ["a"]), "text")
    numbers, _ = read(picasa_db3.pmp(1, [5]), "integer")
    reals, _ = read(picasa_db3.pmp(2, [0.5]), "real")
    assert (texts.text(1), numbers.integer(1), reals.real(1)) == ("", 0, 0.0)
    assert (Column().text(0), Column().integer(0), Column().real(0)) == ("", 0, 0.0)
    # and so is what is not of the sort that is asked for
    assert (texts.integer(0), numbers.text(0)) == (0, "")


def test_values_are_pythons_own():
    numbers, _ = read(picasa_db3.pmp(4, [2**64 - 1]), "integer")
    assert type(numbers.integer(0)) is int
    reals, _ = read(picasa_db3.pmp(2, [math.inf, math.nan]), "real")
    assert type(reals.real(0)) is float
    assert reals.real(0) == math.inf
    assert math.isnan(reals.real(1))


def test_texts_of_another_encoding_are_read():
    data = picasa_db3.pmp_header(0, 2) + b"\xd8rsted\0caf\xc3\xa9\0"
    assert values(read(data, "text")[0]) == ["Ørsted", "café"]


@pytest.mark.parametrize(
    ("at", "patch"),
    [(0, b"\0"), (6, b"\x33"), (8, b"\3"), (14, b"\0"), (12, b"\4"), (4, b"\4")],
)
def test_wrong_headers_are_refused(at, patch):
    data = bytearray(picasa_db3.pmp(1, [1, 2]))
    data[at : at + 1] = patch
    column, problems = read(bytes(data), "integer")
    assert len(column) == 0
    assert len(problems) == 1
    assert problems[0].startswith("not read")


@pytest.mark.parametrize("type_", [0, 2, 6, 8, 65535])
def test_other_types_than_asked_for_are_refused(type_):
    column, problems = read(picasa_db3.pmp_header(type_, 1) + bytes(8), "integer")
    assert len(column) == 0
    assert len(problems) == 1


@pytest.mark.parametrize("length", range(20))
def test_files_shorter_than_a_header_are_refused(length):
    column, problems = read(picasa_db3.pmp(1, [1])[:length], "integer")
    assert len(column) == 0
    assert len(problems) == 1


def test_every_truncation_keeps_the_whole_values():
    for type_, kind, given in (
        (4, "integer", [5, 6, 7]),
        (2, "real", [0.5, 1.5]),
        (0, "text", ["ab", "", "c"]),
    ):
        data = picasa_db3.pmp(type_, given)
        ends = [len(picasa_db3.pmp(type_, given[:n])) for n in range(len(given) + 1)]
        for length in range(20, len(data)):
            column, problems = read(data[:length], kind)
            n_whole = sum(end <= length for end in ends) - 1
            assert values(column) == given[:n_whole], (kind, length)
            assert problems == (f"cut off: {n_whole} values of {len(given)}",)


@pytest.mark.parametrize(("type_", "kind"), [(0, "text"), (1, "integer"), (2, "real")])
def test_wrong_counts_are_said(type_, kind):
    given = ["a", "b", "c"] if kind == "text" else [1, 2, 3]
    column, problems = read(picasa_db3.pmp(type_, given, count=2), kind)
    assert values(column) == given[:2]
    assert problems == ("more bytes than its 2 values take",)
    column, problems = read(picasa_db3.pmp(type_, given, count=4), kind)
    assert values(column) == given
    assert problems == ("cut off: 3 values of 4",)


@pytest.mark.parametrize(("type_", "kind"), [(0, "text"), (3, "integer"), (2, "real")])
def test_huge_counts_cost_nothing(type_, kind):
    given = ["a"] if kind == "text" else [1]
    column, problems = read(picasa_db3.pmp(type_, given, count=2**32 - 1), kind)
    assert values(column) == given
    assert len(problems) == 2


def test_no_more_rows_are_read_than_the_limit(monkeypatch):
    monkeypatch.setattr(pmp_module, "MAX_ROWS", 3)
    for type_, kind, given in ((0, "text", list("abcde")), (1, "integer", [1, 2, 3, 4, 5])):
        column, problems = read(picasa_db3.pmp(type_, given), kind)
        assert values(column) == given[:3]
        assert problems == ("5 values, of which the first 3 are read",)


def test_too_large_files_are_not_read(monkeypatch):
    monkeypatch.setattr(pmp_module, "MAX_DB3_BYTES", 23)
    column, problems = read(picasa_db3.pmp(1, [1]), "integer")
    assert len(column) == 0
    assert problems == ("not read: over 23 bytes",)


def test_numbers_are_little_endian_wherever_they_are_read():
    column, _ = read(picasa_db3.pmp_header(4, 1) + struct.pack("<Q", 1), "integer")
    assert column.numbers.dtype == np.dtype("<u8")
    assert column.integer(0) == 1
