import time

import pytest

from facedex.geometry import box_from_rect64
from facedex.picasa import ini
from facedex.picasa.ini import decode_text, is_unnamed_contact, parse_ini
from facedex.picasa.problems import MAX_PROBLEMS
from facedex.types import LineCounts, PicasaIni, PicasaSection, Recipe

FACE = "rect64(1000200030004000),abc"
ABC = "0" * 13 + "abc"


def faces_of(data, name="a.jpg"):
    (section,) = [s for s in parse_ini(data).sections if s.filename == name]
    return [(f.rect_hex, f.contact_id) for f in section.faces]


@pytest.mark.parametrize(
    ("contact_id", "is_unnamed"),
    [
        ("", True),
        ("0", True),
        ("0" * 16, True),
        ("f" * 16, True),
        ("F" * 16, True),
        ("f" * 15, False),
        ("1", False),
        ("015f401bca26710c", False),
    ],
)
def test_special_ids_are_nobody(contact_id, is_unnamed):
    assert is_unnamed_contact(contact_id) is is_unnamed


def test_empty_files_hold_nothing():
    for data in (b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"  \t "):
        assert parse_ini(data) == PicasaIni()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r\n\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_bom_and_last_line(end, bom, last):
    text = end.join(["[a.jpg]", f"faces={FACE}", "[b.jpg]", "rotate=rotate(3)"])
    parsed = parse_ini(bom + (text + end * last).encode())
    assert [s.filename for s in parsed.sections] == ["a.jpg", "b.jpg"]
    assert parsed.sections[0].faces[0].contact_id == ABC
    assert parsed.sections[1].rotate == 3
    assert parsed.problems == ()


def test_section_order_and_sections_without_faces_are_kept():
    parsed = parse_ini(b"[z.jpg]\nstar=yes\n[a.jpg]\n[m.jpg]\n")
    assert parsed.sections == (
        PicasaSection("z.jpg", is_starred=True),
        PicasaSection("a.jpg"),
        PicasaSection("m.jpg"),
    )


@pytest.mark.parametrize(
    "name", ["a[1].jpg", "[x].jpg", "a].jpg", "50%;#:=.jpg", "a=b.jpg", " a .jpg"]
)
def test_section_runs_to_the_last_bracket(name):
    parsed = parse_ini(f"[{name}]\nfaces={FACE}\n".encode())
    assert [s.filename for s in parsed.sections] == [name]
    assert len(parsed.sections[0].faces) == 1


def test_values_keep_what_other_formats_treat_as_syntax():
    data = b'[a.jpg]\n; x=1\n#y=2\nfilters=crop64=1,abc;\ncaption=100% of: "it"\n\tindented=yes\n'
    assert parse_ini(data) == PicasaIni((PicasaSection("a.jpg", caption='100% of: "it"'),))


def test_known_sections_are_no_photos():
    token = "0123456789abcdef0123456789abcdef"
    data = (
        b"[Picasa]\nname=x\n[encoding]\nutf8=1\n[Contacts]\nabc=user_lh,13\n[photoid]\nx=y\n"
        b"[.album:0123456789ABCDEF0123456789abcdef]\nname=A\n[LifeScape]\na=b\n[(null)]\nx=y\n"
    )
    assert parse_ini(data) == PicasaIni(albums={token: "A"}, web_ids={ABC: "user_lh,13"})


def test_bad_byte_spoils_one_line_only():
    parsed = parse_ini(
        "[é.jpg]\nrotate=rotate(1)\n".encode() + b"[\xd8.jpg]\nfaces=" + FACE.encode()
    )
    assert [s.filename for s in parsed.sections] == ["é.jpg", "Ø.jpg"]
    assert len(parsed.sections[1].faces) == 1


def test_text_is_decoded_whatever_the_bytes():
    assert decode_text("żółw".encode()) == "żółw"
    assert decode_text(b"\x80\xe9") == "€é"
    assert decode_text(b"\x81\xe9") == "\x81é"


def test_repeated_sections_become_one():
    data = (
        b"[a.jpg]\nfaces=rect64(1000200030004000),abc\n[b.jpg]\n[a.jpg]\nrotate=rotate(2)\n"
        b"faces=rect64(1000200030004000),ABC;rect64(1000200030004001),abc\n"
    )
    parsed = parse_ini(data)
    assert [s.filename for s in parsed.sections] == ["a.jpg", "b.jpg"]
    assert [f.rect_hex for f in parsed.sections[0].faces] == [
        "1000200030004000",
        "1000200030004001",
    ]
    assert parsed.sections[0].rotate == 2


def test_repeated_faces_lines_are_united():
    data = b"[a.jpg]\nfaces=rect64(1000200030004000),1\nfaces=rect64(1000200030004000),2\n"
    assert [contact for _, contact in faces_of(data)] == ["0" * 15 + "1", "0" * 15 + "2"]


def test_one_person_may_be_twice_on_a_photo():
    data = b"[a.jpg]\nfaces=rect64(1000200030004000),1;rect64(5000200070004000),1;\n"
    assert len(faces_of(data)) == 2


@pytest.mark.parametrize("value", ["", ";", " ; ;", f"{FACE};", f";;{FACE};;", f"{FACE} ; "])
def test_empty_items_are_not_faces(value):
    data = f"[a.jpg]\nfaces={value}\n".encode()
    assert len(faces_of(data)) == ("rect64" in value)
    assert parse_ini(data).problems == ()


def test_malformed_item_costs_only_itself():
    data = f"[a.jpg]\nfaces=rect64(zz),1;{FACE};rect64(1),2;junk\n".encode()
    parsed = parse_ini(data)
    assert faces_of(data) == [("1000200030004000", ABC)]
    assert len(parsed.problems) == 3
    assert parsed.problems[0] == ("line 2: the rectangle is not 1 to 16 hex digits: 'rect64(zz),1'")
    assert "no area" in parsed.problems[1]


def test_keys_may_have_blanks_and_any_case():
    parsed = parse_ini(f"[a.jpg]\n Faces = {FACE}\nROTATE= Rotate(1) \n".encode())
    assert (len(parsed.sections[0].faces), parsed.sections[0].rotate) == (1, 1)


@pytest.mark.parametrize("value", ["rotate(4)", "rotate(-1)", "1", "", "rotate(1", "rotate(x)"])
def test_bad_rotation_is_a_problem(value):
    parsed = parse_ini(f"[a.jpg]\nrotate={value}\n".encode())
    assert parsed.sections[0].rotate is None
    assert len(parsed.problems) == 1


def test_second_rotation_is_a_problem_if_it_differs():
    parsed = parse_ini(b"[a.jpg]\nrotate=rotate(0)\nrotate=rotate(0)\nrotate=rotate(1)\n")
    assert parsed.sections[0].rotate == 0
    assert len(parsed.problems) == 1


@pytest.mark.parametrize("line", ["junk", "=value", "05292", "]", "\x00\x00", "rect64(1),2"])
def test_junk_lines_are_reported(line):
    parsed = parse_ini(f"[a.jpg]\n{line}\nfaces={FACE}\n".encode())
    assert len(parsed.sections[0].faces) == 1
    assert parsed.problems == (f"line 2: not a key=value line: {line!r}",)


def test_reversed_line_is_an_unknown_key():
    assert parse_ini(b"[a.jpg]\n05292=hsahpukcab\n").problems == ()


@pytest.mark.parametrize("header", ["[]", "[ ]", "[b.jpg", "["])
def test_broken_section_gives_its_faces_to_nobody(header):
    parsed = parse_ini(f"[a.jpg]\n{header}\nfaces={FACE}\n".encode())
    assert parsed.sections == (PicasaSection("a.jpg"),)
    assert [p.split(": ")[1] for p in parsed.problems] == ["not a section", "outside any section"]


def test_lines_before_any_section_are_reported():
    assert parse_ini(b"faces=x\n").problems == ("line 1: outside any section: 'faces=x'",)


@pytest.mark.parametrize("section", ["(null)", "Picasa", ".album:0", "encoding"])
def test_faces_of_no_photo_are_reported(section):
    parsed = parse_ini(f"[{section}]\nfaces={FACE}\n".encode())
    assert parsed.sections == ()
    assert len(parsed.problems) == 1


def test_problems_show_a_short_piece_and_are_counted_beyond_the_limit():
    parsed = parse_ini(b"x" * 500 + b"\n" + b"junk\n" * (MAX_PROBLEMS + 4))
    assert len(parsed.problems) == MAX_PROBLEMS + 1
    assert parsed.problems[0].endswith("x…'")
    assert len(parsed.problems[0]) < 120
    assert parsed.problems[-1] == "and 5 more"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Ann Lee;;", "Ann Lee"),
        ("Ann Lee;ann@example.org;1176", "Ann Lee"),
        ("Ann Lee", "Ann Lee"),
        ("  Ann Lee ;;", "Ann Lee"),
        ("Ann|Lee;;", "Ann|Lee"),
        ("Jos&#233;;mail;", "José"),
        ("Jos&#233; P&#233;rez;;", "José Pérez"),
        (
            "\u0645\u06cc&#8204;\u062e\u0648\u0627\u0647\u0645;;",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("&#26446;&#23047;;;", "李娇"),
        ("a&#59;b;c", "a;b"),
        ("a&#160;b;;", "a b"),
        ("Tom & Ann;;", "Tom & Ann"),
        ("R&D#1;;", "R&D#1"),
        ("x&#99999999;;", "x&#99999999"),
        ("x&#9999999;;", "x&#9999999;"),
        ("x&#7;;", "x&#7;"),
        ("x&#55296;;", "x&#55296;"),
        ("&#;;", "&#"),
    ],
)
def test_contact_names(value, name):
    parsed = parse_ini(f"[Contacts2]\nabc={value}\n".encode())
    assert parsed.contacts == {ABC: name}
    assert parsed.problems == ()


@pytest.mark.parametrize("line", ["abc=;;", "abc=", "xyz=Ann;;", "0=Ann;;", f"{'f' * 16}=Ann;;"])
def test_contacts_without_name_or_id_are_problems(line):
    parsed = parse_ini(f"[Contacts2]\n{line}\n".encode())
    assert parsed.contacts == {}
    assert len(parsed.problems) == 1


def test_contact_may_be_repeated_but_not_renamed():
    parsed = parse_ini(b"[Contacts2]\nabc=Ann;;\n0abc=Ann;;\nABC=Eve;;\n")
    assert parsed.contacts == {ABC: "Ann"}
    assert len(parsed.problems) == 1


@pytest.mark.parametrize("section", ["Contacts2", "contacts2"])
def test_contacts_may_stand_between_photos(section):
    parsed = parse_ini(f"[a.jpg]\n[{section}]\nabc=Ann;;\n[b.jpg]\nfaces={FACE}\n".encode())
    assert parsed.contacts == {ABC: "Ann"}
    assert len(parsed.sections[1].faces) == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("star=yes", PicasaSection("a.jpg", is_starred=True)),
        ("Star = Yes", PicasaSection("a.jpg", is_starred=True)),
        ("star=no", PicasaSection("a.jpg")),
        ("hidden=yes", PicasaSection("a.jpg", is_hidden=True)),
        ("caption=Ann & Eve; 50% = half", PicasaSection("a.jpg", caption="Ann & Eve; 50% = half")),
        ("caption=", PicasaSection("a.jpg")),
        ("caption=\ncaption=Ann", PicasaSection("a.jpg", caption="Ann")),
        ("keywords=sea, Summer 2009,,sea", PicasaSection("a.jpg", keywords=("sea", "Summer 2009"))),
        ("keywords=", PicasaSection("a.jpg")),
        ("albums=ABC,def", PicasaSection("a.jpg", albums=("abc", "def"))),
        ("star=yes\n[b.jpg]\n[a.jpg]\nstar=yes", PicasaSection("a.jpg", is_starred=True)),
    ],
)
def test_what_a_section_says_of_its_photo(lines, expected):
    parsed = parse_ini(f"[a.jpg]\n{lines}\n".encode())
    assert parsed.sections[0] == expected
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("star=maybe", PicasaSection("a.jpg")),
        ("star=yes\nstar=no", PicasaSection("a.jpg", is_starred=True)),
        ("hidden=1", PicasaSection("a.jpg")),
        ("caption=Ann\ncaption=Eve", PicasaSection("a.jpg", caption="Ann")),
        ("keywords=a\nkeywords=b", PicasaSection("a.jpg", keywords=("a",))),
        ("albums=a\nalbums=b", PicasaSection("a.jpg", albums=("a",))),
    ],
)
def test_what_contradicts_itself_or_means_nothing_is_a_problem(lines, kept):
    parsed = parse_ini(f"[a.jpg]\n{lines}\n".encode())
    assert parsed.sections == (kept,)
    assert len(parsed.problems) == 1


ORIGINAL = "width=800\nheight=600\n"


@pytest.mark.parametrize(
    ("lines", "recipe"),
    [
        (ORIGINAL, Recipe(800, 600)),
        (ORIGINAL + "rotate=rotate(3)", Recipe(800, 600, rotate=3)),
        (
            ORIGINAL + "crop=rect64(dc3369dc570a51e)\nfilters=crop64=1,dc3369dc570a51e;",
            Recipe(800, 600, box_from_rect64("dc3369dc570a51e")),
        ),
        ("height=600\nwidth=800", Recipe(800, 600)),
        ("width=800\ncrop=rect64(dc3369dc570a51e)", None),
        ("crop=rect64(dc3369dc570a51e)\nrotate=rotate(1)", None),
    ],
)
def test_recipe_needs_the_originals_size(lines, recipe):
    parsed = parse_ini(f"[a.jpg]\n{lines}\n".encode())
    assert parsed.sections[0].recipe == recipe
    assert parsed.problems == ()


@pytest.mark.parametrize(
    "line",
    [
        "width=0",
        "width=-1",
        "width=",
        "width=1e3",
        "width=9999999",
        "width=٣",
        "crop=",
        "crop=x",
        "crop=rect64(1)",
        "crop=rect64(dc3369dc570a51e),1",
    ],
)
def test_bad_recipe_is_a_problem(line):
    parsed = parse_ini(f"[a.jpg]\n{line}\nfaces={FACE}\n".encode())
    assert parsed.sections[0].recipe is None
    assert len(parsed.sections[0].faces) == 1
    assert len(parsed.problems) == 1


def test_album_keeps_its_first_name():
    parsed = parse_ini(b"[.album:a]\nname=\nname=Sea\ntoken=a\n[.album:A]\nname=Lake\n[.album:b]\n")
    assert parsed.albums == {"a": "Sea"}
    assert parsed.problems == ("line 6: album already has another name: 'Lake'",)


def test_old_contacts_have_web_ids_and_no_names():
    parsed = parse_ini(b"[Contacts]\nabc=ann_lh,13\nDEF=ann_lh,13\n0abc=eve_lh,1\n0=x_lh,1\n7=\n")
    assert parsed.web_ids == {ABC: "ann_lh,13", "0" * 13 + "def": "ann_lh,13"}
    assert parsed.contacts == {}
    assert [problem.split(": ")[1] for problem in parsed.problems] == [
        "contact already has another web id",
        "this id is nobody's",
        "contact without a web id",
    ]


def test_video_may_have_a_section():
    parsed = parse_ini(b"[clip.avi]\nstar=yes\nwidth=640\nheight=480\n")
    assert parsed.sections == (PicasaSection("clip.avi", is_starred=True, recipe=Recipe(640, 480)),)


def test_every_line_and_every_item_is_counted_once():
    data = (
        "\ufeff\r\n[Picasa]\r\nname=x\r\nann_lh=3\r\nmystery=1\r\n[Contacts2]\r\nabc=Ann;;\r\nbad\r\n"
        "zz=Eve\r\n[Contacts]\r\nabc=ann_lh,1\r\n[.album:a]\r\nname=A\r\n"
        " \t\r\n[a.jpg]\r\nrotate=x\r\n"
        f"IIDLIST_ann_lh=7\r\nset-backuphash=1\r\nfaces={FACE};;{FACE};zz;\r\n05292=hsahpukcab\r\n[\r\n"
        f"x=y\r\nfaces=a\r\n[(null)]\r\nfaces={FACE};b\r\n[encoding]\r\nutf8=1"
    ).encode()
    parsed = parse_ini(data)
    assert parsed.lines == LineCounts(
        blank=2,
        sections=7,
        faces_lines=3,
        known_keys=7,
        unknown_keys=2,
        contacts=3,
        junk=3,
        face_items=6,
        faces=1,
        malformed_items=4,
        repeated_items=1,
    )
    assert parsed.lines.total == 27 == len(data.splitlines())


def test_export_folder_is_recognised():
    assert parse_ini(b"[Picasa]\nP2category=Exported Pictures\n").is_export
    assert not parse_ini(
        b"[Picasa]\nP2category=Folders on Disk\ncategory=Exported Pictures"
    ).is_export
    assert not parse_ini(b"[a.jpg]\nP2category=Exported Pictures\n").is_export


def test_too_large_file_is_not_read():
    parsed = parse_ini(b"[a.jpg]\n" + b"x" * ini.MAX_INI_BYTES)
    assert parsed.sections == ()
    assert len(parsed.problems) == 1
    assert "not read" in parsed.problems[0]


FACES_KEY = b"[a.jpg]\nfaces="
CONTACT_KEY = b"[Contacts2]\nabc="


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "unit"),
    [(start, unit) for start in (FACES_KEY, CONTACT_KEY) for unit in (b";", b"&#233;", b"&", b" ")]
    + [(b"", unit) for unit in (b"[", b"]", b"=", b"\n", b"j\n", b"[]\n")]
    + [(FACES_KEY, b"rect64("), (FACES_KEY, b"rect64(1000200030004000),1;")],
)
def test_largest_files_do_not_hang(start, unit):
    room = ini.MAX_INI_BYTES - len(start)
    begun = time.monotonic()
    parse_ini(start + unit * (room // len(unit)))
    assert time.monotonic() - begun < 30


def test_huge_line_is_refused_at_once():
    data = b"[a.jpg]\nfaces=" + b";" * 50_000_000
    begun = time.monotonic()
    assert len(parse_ini(data).problems) == 1
    assert time.monotonic() - begun < 1
