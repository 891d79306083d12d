"""Which photos a JSON of Google Takeout is about, in all the forms that its name has."""

import os
import unicodedata

import pytest

from facedex.takeout.naming import TakeoutFolder, is_movie, is_named_as_takeout

ENDING = "supplemental-metadata"
LONG = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_"  # of 46 characters


def photos_of(document, *names, title=""):
    folder = TakeoutFolder(map(os.fsencode, (document, *names)))
    return [os.fsdecode(name) for name in folder.photos_of(os.fsencode(document), title)]


def clipped(photo, number=""):
    """Return the name of a photo's JSON as Google cuts it."""
    return f"{f'{photo}.{ENDING}'[:46]}{number}.json"


@pytest.mark.parametrize(
    ("document", "photo"),
    [
        ("a.jpg.json", "a.jpg"),
        ("a.JPG.json", "a.jpg"),
        ("a.b c.jpg.json", "a.b c.jpg"),
        *((f"a.jpg.{ENDING[:n]}.json", "a.jpg") for n in range(len(ENDING) + 1)),
        ("a.jpg(1).json", "a(1).jpg"),
        (f"a.jpg.{ENDING}(12).json", "a(12).jpg"),
        (f"a.jpg.{ENDING[:7]}(2).json", "a(2).jpg"),
        (f"a(3).jpg.{ENDING}.json", "a(3).jpg"),
        ("a(3).jpg(1).json", "a(3)(1).jpg"),
    ],
)
def test_the_name_says_which_photo_it_is(document, photo):
    others = ("a(7).jpg", "b.jpg", "a.mp4")
    assert photos_of(document, photo, *others, title="b.jpg") == [photo]


@pytest.mark.parametrize("n_characters", range(1, 48))
@pytest.mark.parametrize("number", ["", "(1)"])
def test_every_length_of_a_photos_name_is_found(n_characters, number):
    stem = "abcdefghij-klmnopqrstuvwxyz_0123456789.ABCDEFGHIJ"[:n_characters].rstrip(".")
    photo = f"{stem}{number}.jpeg"
    document = clipped(f"{stem}.jpeg", number)
    others = (f"{stem}(9).jpeg", f"x{stem}.jpeg")
    assert photos_of(document, photo, *others, title=f"{stem}.jpeg") == [photo]


@pytest.mark.parametrize(("number", "photo"), [("", f"{LONG}P.jpg"), ("(1)", f"{LONG}P(1).jpg")])
def test_a_cut_name_is_of_the_photo_with_the_title(number, photo):
    document = f"{LONG}{number}.json"
    both = (f"{LONG}P.jpg", f"{LONG}P(1).jpg")
    assert photos_of(document, *both, title=f"{LONG}P.jpg") == [photo]
    # of a photo that lies elsewhere
    assert photos_of(document, *both, title=f"{LONG}Q.jpg") == []


def test_a_photo_whose_own_name_is_cut_has_the_begin_of_the_title():
    photo = f"{LONG}PQ"[:47] + ".jpg"
    assert photos_of(f"{LONG}.json", photo, title=f"{LONG}PQRSTUVW.jpg") == [photo]


def test_the_title_counts_where_the_name_says_nothing():
    assert photos_of("20030616.json", "b.jpg", "a.jpg", title="a.jpg") == ["a.jpg"]
    assert photos_of("20030616(1).json", "a.jpg", "a(1).jpg", title="a.jpg") == ["a(1).jpg"]


@pytest.mark.parametrize(
    ("document", "photo"),
    [
        ("Peanut Butter.supplemental-metadata.json", "Peanut Butter.jpg"),
        ("Peanut Butter.json", "Peanut Butter.jpg"),
        ("Peanut Butter.suppl(1).json", "Peanut Butter(1).jpg"),
    ],
)
def test_what_was_uploaded_without_an_extension_is_found_by_its_stem(document, photo):
    there = (photo, "Peanut.jpg", "Peanut Butter(7).jpg")
    assert photos_of(document, *there, title="Peanut Butter") == [photo]
    assert photos_of(document, *there, title="Peanut Butter Balls") == []
    assert photos_of(document, *there, photo[:-4] + ".png", title="Peanut Butter") == []


def test_a_cut_name_of_a_photo_without_an_extension_is_found():
    assert photos_of(f"{LONG}.json", f"{LONG}P.jpg", title=f"{LONG}PQR") == [f"{LONG}P.jpg"]


def test_real_names_that_others_reported_are_found():
    faces = "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋"
    photo = f"{faces}😛.jpg"
    assert photos_of(f"{faces}.json", photo, title=f"{faces}😛😝😜🤪.jpg") == [photo]
    assert photos_of(f"{faces}.json", photo, title=f"{faces}😝😝😜🤪.jpg") == []
    photo = "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg"
    assert photos_of(
        "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json",
        photo,
        title="PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINAL.jpg",
    ) == [photo]


def test_signs_that_a_file_may_not_have_stand_for_themselves_in_the_title():
    assert photos_of("x.json", "a_b_c.jpg", title="a&b%c.jpg") == ["a_b_c.jpg"]


def test_a_photo_with_a_json_of_its_own_is_no_other_jsons():
    assert photos_of("x.json", "a.jpg", "a.jpg.json", title="a.jpg") == []


def test_the_encoding_of_accents_makes_no_other_name():
    there, named = (unicodedata.normalize(form, "é.jpg") for form in ("NFD", "NFC"))
    assert photos_of(f"{named}.json", there) == [there]


def test_of_names_that_differ_in_case_the_same_one_is_meant_or_none():
    assert photos_of("a.jpg.json", "a.jpg", "A.JPG") == ["a.jpg"]
    assert photos_of("a.Jpg.json", "a.jpg", "A.JPG") == []


def test_a_name_of_no_encoding_is_found():
    assert photos_of(os.fsdecode(b"caf\xe9.jpg.json"), os.fsdecode(b"caf\xe9.jpg")) == [
        os.fsdecode(b"caf\xe9.jpg")
    ]


@pytest.mark.parametrize(
    "word", ["edited", "bearbeitet", "modifié", "editado", "ha editado", "edytowane", "編集済み"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_edited_copy_is_told_of_by_the_json_of_its_original(word, form):
    copy = unicodedata.normalize(form, f"a-{word}.jpg")
    assert photos_of("a.jpg.json", "a.jpg", copy, "a-1.jpg") == ["a.jpg", copy]
    # also where the original is not there
    assert photos_of(f"a.jpg.{ENDING}.json", copy) == [copy]


@pytest.mark.parametrize("copy", ["a-edited(1).jpg", "a(1)-edited.jpg"])
def test_an_edited_copy_has_the_number_of_its_original(copy):
    there = ("a.jpg", "a(1).jpg", copy)
    assert photos_of("a.jpg(1).json", *there) == ["a(1).jpg", copy]
    assert photos_of("a.jpg.json", *there) == ["a.jpg"]


def test_a_second_edited_copy_of_one_original_is_its_too():
    there = ("a.jpg", "a-edited.jpg", "a-edited(1).jpg")
    assert set(photos_of("a.jpg.json", *there)) == set(there)
    assert photos_of("a.jpg.json", *there, "a.jpg(1).json") == ["a.jpg", "a-edited.jpg"]


def test_an_edited_copy_whose_name_is_cut_is_one():
    photo, copy = f"{LONG[:42]}.jpg", f"{LONG[:42]}-edit.jpg"
    assert photos_of(clipped(photo), photo, copy, title=photo) == [photo, copy]


def test_a_photo_called_so_with_a_json_of_its_own_is_no_copy():
    there = ("a.jpg", "a-edited.jpg", "a-edited.jpg.json")
    assert photos_of("a.jpg.json", *there) == ["a.jpg"]


def test_what_is_not_there_is_not_guessed():
    assert photos_of("a.jpg.json", "b.jpg", "a.jpeg", "a(1).jpg", title="a.jpg") == []
    assert photos_of("metadata.json", "a.jpg", title="Holidays") == []
    assert photos_of(".json", "a.jpg") == []


@pytest.mark.parametrize(
    ("document", "is_named"),
    [
        ("a.jpg.json", True),
        (f"a.heic.{ENDING}(1).json", True),
        ("package.json", False),
        ("a.mp4.json", False),
        ("tsconfig.app.json", False),
    ],
)
def test_a_name_may_say_that_it_is_a_photos(document, is_named):
    assert is_named_as_takeout(document.encode()) is is_named


def test_a_movies_title_is_no_photos():
    assert is_movie("a.MOV")
    assert not is_movie("a.jpg")
    assert not is_movie("On 1. May")
