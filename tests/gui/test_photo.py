"""The photo pane: boxes where they belong, names as they are, failures as text."""

import io
from dataclasses import replace

import pytest
from gui_fakes import FakeLibrary, settle
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QLabel

from facedex.services.telling.records import FaceRow, PhotoNotes, PhotoRow, Shelf
from facedex.types import Box, FaceState
from facedex.viewer.text import face_detail, face_spoken, percent, photo_facts, photo_notes
from facedex.viewer.views.photo_view import PhotoView

BOX = Box(0.25, 0.5, 0.5, 0.75)


def face_row(face_id=1, box=BOX, name="Anna", state=FaceState.CONFIRMED):
    return FaceRow(face_id, 1, 1, name, state, None, box, "/p/a.jpg", None, None)


def photo_row(*faces, size=(2000, 1000)):
    return PhotoRow(1, "/p/a.jpg", *size, None, faces)


@pytest.fixture
def view(qtbot):
    view = PhotoView()
    qtbot.addWidget(view)
    view.resize(600, 500)
    return view


@pytest.mark.parametrize("preview_width", [2000, 501])
def test_box_is_painted_on_the_pixels_it_names(view, preview_width):
    """White picture, black where the face is; the box's lines must lie on the black's edge."""
    image = QPixmap(preview_width, preview_width // 2)
    image.fill(QColor("#00c000"))
    view.set_photo(photo_row(face_row()), None)
    view.set_pixmap(image)
    # 600 wide in a 600x500 widget: 600x300 in the middle, from y = 100
    assert view.target() == QRectF(0, 100, 600, 300)
    assert view.face_rect(face_row()) == QRectF(150, 250, 150, 75)
    shot = view.grab().toImage()
    ratio = shot.devicePixelRatio()

    def color(x, y):
        return shot.pixelColor(round(x * ratio), round(y * ratio))

    for x, y in ((150, 287), (300, 287), (225, 250), (225, 325)):
        assert color(x, y).lightness() > 240, (x, y)
    for x, y in ((140, 287), (310, 287), (225, 240), (160, 260)):
        assert color(x, y) == QColor("#00c000"), (x, y)
    assert color(300, 50) == color(300, 450) == view.palette().window().color()


def test_current_face_differs_by_more_than_its_colour(view):
    one, two = face_row(1, Box(0.1, 0.2, 0.3, 0.6)), face_row(2, Box(0.6, 0.2, 0.8, 0.6))
    image = QPixmap(1000, 500)
    image.fill(QColor("#00c000"))
    view.set_photo(photo_row(one, two), 2)
    view.set_pixmap(image)
    shot = view.grab().toImage()
    ratio = shot.devicePixelRatio()

    def line_width(face):
        left = view.face_rect(face).left()
        y = round(view.face_rect(face).center().y() * ratio)
        xs = range(round((left - 8) * ratio), round((left + 8) * ratio))
        return sum(shot.pixelColor(x, y) != QColor("#00c000") for x in xs)

    assert line_width(two) > line_width(one)


def test_close_up_shows_the_face_large_and_keeps_its_shape(view):
    view.set_photo(photo_row(face_row()), 1)
    whole = view.face_rect(face_row())
    view.set_close_up(True)
    near = view.face_rect(face_row())
    assert near.width() > whole.width()
    assert near.width() / near.height() == pytest.approx(whole.width() / whole.height())
    assert QRectF(view.rect()).contains(near)


def test_smallest_box_under_the_mouse_is_clicked(qtbot, view):
    inner, outer = face_row(1, Box(0.4, 0.4, 0.5, 0.6)), face_row(2, Box(0.2, 0.1, 0.8, 0.9))
    view.set_photo(photo_row(inner, outer), None)
    assert view.face_at(QPointF(270, 250)).face_id == 1
    with qtbot.waitSignal(view.face_clicked) as clicked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(160, 150))
    assert clicked.args[0].face_id == 2


def test_clicked_face_of_another_shelf_opens_it(qtbot, open_window, library):
    window = open_window(library)
    photo = window.photo.view._photo
    other = next(face for face in photo.faces if face.person_id == 3)
    window.photo.view.face_clicked.emit(other)
    settle(qtbot, window)
    assert window.faces.shelf == Shelf("person", person_id=3)
    assert window.grid.selected_ids() == [other.face_id]


def test_f_toggles_close_up(qtbot, open_window, library):
    window = open_window(library)
    qtbot.keyClick(window.grid, Qt.Key.Key_F)
    assert window.photo.view.is_close_up
    qtbot.keyClick(window.grid, Qt.Key.Key_F)
    assert not window.photo.view.is_close_up


def test_photo_that_cannot_be_read_says_why_and_keeps_its_facts(qtbot, open_window, library):
    library.offline.update(library.sizes)
    window = open_window(library)
    assert "/media/<b>disk</b> is not there" in window.photo.view._message
    assert window.photo._name.text.startswith("IMG_")
    assert window.status.message.text == ""


def test_newest_face_wins_when_walking_fast(qtbot, open_window, library):
    window = open_window(library)
    for _ in range(8):
        qtbot.keyClick(window.grid, Qt.Key.Key_Right)
    settle(qtbot, window)
    current = library.by_id[window.grid.current_id()]
    assert window.photo.view._photo.photo_id == current.photo_id
    assert [name for name, _ in library.calls].count("preview") < 9


def test_markup_and_ampersands_are_shown_as_they_are(qtbot, open_window, library):
    window = open_window(library)
    for person_id, name in ((4, "<b>Carla</b>"), (2, "Bert & Ernie")):
        window.sidebar.choose(Shelf("person", person_id=person_id))
        settle(qtbot, window)
        assert window.shelf.title.text == name
        assert window.faces.data(window.faces.index(0)) == name
        assert window.photo._face_name.text == name
    for label in window.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText, label.text()


def test_name_with_markup_is_painted_letter_by_letter(qtbot, view):
    """The plate of ``<b>x</b>`` is wider than that of ``x``: it was not taken for markup."""
    image = QPixmap(1000, 500)
    image.fill(QColor("#00c000"))

    def plate_width(name):
        view.set_photo(photo_row(face_row(name=name)), None)
        view.set_pixmap(image)
        shot = view.grab().toImage()
        y = round((view.face_rect(face_row()).bottom() + 12) * shot.devicePixelRatio())
        row = [shot.pixelColor(x, y) for x in range(shot.width())]
        return sum(each != QColor("#00c000") for each in row)

    assert plate_width("<b>x</b>") > 2 * plate_width("x")


def test_a_suggestion_says_how_likely_it_is_and_nothing_where_it_does_not_know():
    unsure = face_row(state=FaceState.SUGGESTED)
    assert face_detail(unsure) == ""
    assert face_detail(replace(unsure, distance=0.31)) == ""
    sure = replace(unsure, distance=0.31, probability=0.944)
    assert face_detail(sure) == "94 %"
    assert face_detail(replace(sure, companion="/p/IMG_1.cr2")) == "94 % · + CR2"
    assert face_spoken(sure) == "Anna, suggested, 94 %, a.jpg"
    assert face_detail(replace(sure, state=FaceState.CONFIRMED)) == "confirmed"


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "under 1 %"), (0.0099, "under 1 %"), (0.01, "1 %"), (0.5, "50 %"),
        (0.99, "99 %"), (0.9901, "over 99 %"), (0.9996, "over 99 %"), (1.0, "over 99 %"),
    ],
)  # fmt: skip
def test_no_probability_reads_as_certain(probability, said):
    assert percent(probability) == said


def test_a_face_on_a_raw_too_says_so_once():
    alone = face_row()
    assert face_detail(alone) == "confirmed"
    both = replace(alone, companion="/p/IMG_1.cr2")
    assert face_detail(both) == "confirmed · + CR2"
    assert face_detail(replace(both, state=FaceState.UNKNOWN)) == "+ CR2"
    assert "+ CR2" in face_spoken(both)
    photo = replace(photo_row(both), companions=("/p/IMG_1.cr2", "/p/IMG_1.dng"))
    assert photo_facts(photo).endswith("1 face  ·  + IMG_1.cr2  ·  + IMG_1.dng")


def test_astronaut_photo_gets_its_box(qtbot, open_window):
    data = pytest.importorskip("skimage.data")
    library = FakeLibrary(names={1: "Eileen Collins"})
    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()).save(buffer, "JPEG")
    library.pictures[1] = buffer.getvalue()
    library.add_photo(1, (512, 512))
    box = Box(0.33, 0.1, 0.56, 0.42)
    library.add_face(1, 1, box, state=FaceState.CONFIRMED, person_id=1)
    window = open_window(library)
    view = window.photo.view
    assert view._pixmap.size().width() == 512
    shot = view.grab().toImage()
    edge = view.face_rect(view._photo.faces[0])
    ratio = shot.devicePixelRatio()
    color = shot.pixelColor(round(edge.left() * ratio), round(edge.center().y() * ratio))
    highlight = view.palette().highlight().color().lighter(130)
    assert abs(color.red() - highlight.red()) + abs(color.blue() - highlight.blue()) < 60


def test_what_other_programs_noted_is_told():
    assert photo_notes(PhotoNotes()) == ""
    notes = PhotoNotes(
        is_starred=True, is_hidden=True, caption="At\nthe sea", people=("Ann", "Bob")
    )
    assert photo_notes(notes) == (
        "Also here: Ann, Bob  ·  “At the sea”  ·  starred in Picasa  ·  hidden in Picasa"
    )
