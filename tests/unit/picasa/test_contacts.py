import time

import pytest

from facedex.picasa import contacts
from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.problems import MAX_PROBLEMS

ANN = "ca5c88ca60f42c0b"
EVE = "015f401bca26710c"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\r\n<contacts>\r\n'
ENTRY_ANN = (
    ' <contact id="ca5c88ca60f42c0b" name="Ann" modified_time="2026-06-11" local_contact="1"/>\r\n'
)
ENTRY_EVE = ' <contact id="15f401bca26710c" name="Eve"/>\r\n'
TAIL = "</contacts>\r\n"


def test_ids_are_padded_and_names_kept():
    problems = []
    data = (HEAD + ENTRY_ANN + ENTRY_EVE + TAIL).encode()
    assert parse_contacts_xml(data, problems) == {ANN: "Ann", EVE: "Eve"}
    assert problems == []


def test_empty_list_is_no_problem():
    problems = []
    assert parse_contacts_xml((HEAD + TAIL).encode(), problems) == {}
    assert problems == []


def test_signed_in_accounts_have_children():
    entry = f'<contact id="{ANN}" name="Ann"><subject user="u" sync_enabled="0"/></contact>'
    assert parse_contacts_xml((HEAD + entry + ENTRY_EVE + TAIL).encode()) == {
        ANN: "Ann",
        EVE: "Eve",
    }


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('name="Ann" display="Annie"', "Ann"),
        ('name=" Ann " display="Annie"', "Ann"),
        ('name="" display="Annie"', "Annie"),
        ('display=" Annie"', "Annie"),
        ('name="Ann &amp; &lt;Eve&gt; &#233;"', "Ann & <Eve> é"),
    ],
)
def test_name_is_preferred_and_stripped(attributes, name):
    data = f'<contacts><contact id="{ANN}" {attributes}/></contacts>'.encode()
    assert parse_contacts_xml(data) == {ANN: name}


@pytest.mark.parametrize(
    "entry",
    [
        "<contact/>",
        '<contact name="X"/>',
        '<contact id="" name="X"/>',
        '<contact id="nothex" name="X"/>',
        '<contact id="0" name="X"/>',
        '<contact id="ffffffffffffffff" name="X"/>',
        '<contact id="7"/>',
        '<contact id="7" name=" "/>',
        '<contact id="7" name="A & B"/>',
        '<contact id="7" name="A < B"/>',
        '<contact id="7" name="&unknown;"/>',
        '<contact id="7" name="A/>',
        '<contact id="7" name=A/>',
        '<contact id="7" id="8" name="A"/>',
        '<contact id="7" name="A\x01"/>',
        "</contacts>",
        "</contact>",
    ],
)
def test_broken_entry_costs_only_itself(entry):
    problems = []
    data = (HEAD + ENTRY_ANN + entry + "\r\n" + ENTRY_EVE + TAIL).encode()
    assert parse_contacts_xml(data, problems) == {ANN: "Ann", EVE: "Eve"}
    assert problems


def test_second_name_is_a_problem():
    problems = []
    data = (HEAD + ENTRY_EVE + ENTRY_EVE + ENTRY_EVE.replace("Eve", "Eva") + TAIL).encode()
    assert parse_contacts_xml(data, problems) == {EVE: "Eve"}
    assert len(problems) == 1


def test_every_truncation_keeps_the_whole_entries():
    data = (HEAD + ENTRY_ANN + ENTRY_EVE + TAIL).encode()
    end_of_ann = data.index(b"/>") + 2
    end_of_eve = data.index(b"/>", end_of_ann) + 2
    for length in range(len(data) + 1):
        expected = {}
        if length >= end_of_ann:
            expected[ANN] = "Ann"
        if length >= end_of_eve:
            expected[EVE] = "Eve"
        assert parse_contacts_xml(data[:length]) == expected, length


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"<contacts", b"<other/>", b"\xff\xfe<"])
def test_other_content_gives_nothing(data):
    assert parse_contacts_xml(data) == {}


def test_other_elements_are_ignored():
    data = f'<contacts><contacts id="7" name="X"/><person id="8" name="Y"/>{ENTRY_EVE}</contacts>'
    assert parse_contacts_xml(data.encode()) == {EVE: "Eve"}


def test_byte_of_another_encoding_spoils_one_name():
    data = (HEAD + '<contact id="7" name="É?"/>\r\n').encode().replace(b"?", b"\xe9")
    data += '<contact id="8" name="É"/></contacts>'.encode()
    names = parse_contacts_xml(data)
    assert set(names) == {"0" * 15 + "7", "0" * 15 + "8"}
    assert names["0" * 15 + "8"] == "É"


@pytest.mark.parametrize("encoding", ["utf-16", "gbk", "rot13", "nonsense", "us-ascii", "zip"])
def test_declared_encoding_does_not_matter(encoding):
    data = (HEAD.replace("utf-8", encoding) + ENTRY_EVE.replace("Eve", "Éve") + TAIL).encode()
    assert parse_contacts_xml(data) == {EVE: "Éve"}


def test_byte_order_mark_is_tolerated():
    assert parse_contacts_xml((HEAD + ENTRY_EVE + TAIL).encode("utf-8-sig")) == {EVE: "Eve"}


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE contacts>",
        '<!DOCTYPE contacts SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE contacts [<!ENTITY a "Ann"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE contacts [<!ENTITY % x SYSTEM "http://localhost/x"> %x;]>',
        '<!DOCTYPE contacts [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_document_types_are_refused(doctype):
    problems = []
    data = f'{doctype}<contacts>{ENTRY_EVE}<contact id="7" name="&x;"/></contacts>'.encode()
    assert parse_contacts_xml(data, problems) == {}
    assert len(problems) == 1
    assert "document type" in problems[0]


def test_too_large_file_is_not_read():
    problems = []
    data = (HEAD + ENTRY_EVE).encode() + b" " * contacts.MAX_CONTACTS_BYTES
    assert parse_contacts_xml(data, problems) == {}
    assert "not read" in problems[0]


def test_too_many_contacts_are_left_out_and_said(monkeypatch):
    monkeypatch.setattr(contacts, "MAX_CONTACTS", 2)
    problems = []
    entries = "".join(f'<contact id="{i}" name="N{i}"/>' for i in (1, 2, 3, 4, 2))
    names = parse_contacts_xml((HEAD + entries + TAIL).encode(), problems)
    assert list(names.values()) == ["N1", "N2"]
    assert [problem.split(":")[0] for problem in problems] == [
        "contact 0000000000000003 is one too many",
        "contact 0000000000000004 is one too many",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "last"),
    [
        ("<contact ", "given up"),
        ('<contact id="7" name="<"/>', "given up"),
        ("<contact&>", "damaged"),
        ("<contact>", "and "),
    ],
)
def test_file_of_errors_is_given_up(unit, last):
    begun = time.monotonic()
    problems = []
    assert parse_contacts_xml(unit.encode() * (9_000_000 // len(unit)), problems) == {}
    assert time.monotonic() - begun < 30
    assert len(problems) <= MAX_PROBLEMS + 1
    assert problems[-1].startswith(last)


def test_callers_problems_are_kept():
    problems = ["earlier"]
    parse_contacts_xml(b"<contact/>", problems)
    assert problems[0] == "earlier"
    assert len(problems) == 2
