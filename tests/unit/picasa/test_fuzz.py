"""Damaged inputs, seeded: no exception, no hang, no value out of range."""

import random
import re
import time

import pytest

from facedex.picasa.contacts import parse_contacts_xml
from facedex.picasa.ini import parse_ini

INI = (
    b"\xef\xbb\xbf[Picasa]\r\nname=x\r\nP2category=Exported Pictures\r\n[Contacts2]\r\n"
    b"15f401bca26710c=Ann &#233;;a@example.org;1\r\n[a [1].jpg]\r\nrotate=rotate(1)\r\n"
    b"star=yes\r\ncrop=rect64(1000200030004000)\r\nwidth=800\r\nheight=600\r\nalbums=a,b\r\n"
    b"faces=rect64(d0365d70006c88f5),15f401bca26710c;rect64(7c4ff8bf8da),ffffffffffffffff;\r\n"
    b"filters=crop64=1,1000;\r\n[.album:a]\r\nname=A\r\n[Contacts]\r\na=b_lh,1\r\n[(null)]\r\nfaces=rect64(1),0\r\n"
)
XML = (
    b'<?xml version="1.0" encoding="utf-8"?>\r\n<contacts>\r\n'
    b' <contact id="ca5c88ca60f42c0b" name="Ann &amp; Co" display="A" local_contact="1"/>\r\n'
    b' <contact id="15f401bca26710c" name="Eve"><subject user="u" sync_enabled="1"/></contact>\r\n'
    b"</contacts>\r\n"
)
PIECES = [
    b"[", b"]", b"=", b";", b"(", b")", b",", b"\n", b"\r", b"\x00", b"\xff", b"\xd8", b"&#",
    b"faces=",
    b"rect64(", b"<", b">", b'"', b"&", b"<contact ", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>",
    b"]]>", b"ffff",
]  # fmt: skip


def damage(data, rng):
    data = bytearray(data * rng.choice((1, 1, 2, 50)))
    for _ in range(rng.randrange(1, 30)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[at : at + rng.randrange(1, 40)] = b""
            case 1:
                data[at:at] = rng.choice(PIECES) * rng.choice((1, 1, 3, 2000))
            case 2:
                data[at : at + 1] = rng.randbytes(1)
            case _:
                piece = data[at : at + 60]
                to = rng.randrange(len(data) + 1)
                data[to:to] = piece
    return bytes(data)


def n_problems(lines):
    """Return how many problems there are, also those that the last line only counts."""
    more = re.fullmatch(r"and (\d+) more", lines[-1]) if lines else None
    return len(lines) - 1 + int(more[1]) if more else len(lines)


@pytest.mark.parametrize("seed", range(300))
def test_damaged_ini_is_read(seed):
    rng = random.Random(seed)
    data = rng.randbytes(rng.randrange(5000)) if seed % 10 == 0 else damage(INI, rng)
    begun = time.process_time()
    parsed = parse_ini(data)
    assert time.process_time() - begun < 1
    lines = parsed.lines
    assert lines.total == len(data.removeprefix(b"\xef\xbb\xbf").splitlines())
    assert lines.faces == sum(len(section.faces) for section in parsed.sections)
    assert lines.face_items == lines.faces + lines.malformed_items + lines.repeated_items
    assert n_problems(parsed.problems) >= lines.junk + bool(lines.malformed_items)
    for section in parsed.sections:
        for face in section.faces:
            box = face.box
            assert 0 <= box.x0 < box.x1 <= 1
            assert 0 <= box.y0 < box.y1 <= 1
            assert len(face.rect_hex) == 16
            assert len(face.contact_id) in (0, 16)
    assert all(len(contact_id) == 16 and name for contact_id, name in parsed.contacts.items())


@pytest.mark.parametrize("seed", range(100))
def test_damaged_contacts_are_read(seed):
    rng = random.Random(seed)
    data = rng.randbytes(rng.randrange(5000)) if seed % 10 == 0 else damage(XML, rng)
    begun = time.process_time()
    contacts = parse_contacts_xml(data)
    assert time.process_time() - begun < 2
    assert all(len(contact_id) == 16 and name for contact_id, name in contacts.items())
