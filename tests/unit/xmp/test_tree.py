"""Elements know their place in the bytes, and come out as they went in."""

import pytest

from facedex.xmp.tree import COMMENT, Element, parse, serialise


def spans(data):
    """Every element's name with its bytes and its inside."""
    document = parse(data)
    elements = [document.root]
    for element in elements:
        elements += element.children
    return {
        e.name: (document.data[e.start : e.end], document.data[e.end_tag : e.end])
        for e in elements
        if e.name != COMMENT
    }


def test_places_of_elements():
    data = "<r><a/><b>/></b><c x=\">\" y='/>'/><d\n>é<e></e></d ></r>".encode()
    assert spans(b"\xef\xbb\xbf \n".strip(b" \n") + data) == {
        "r": (data, b"</r>"),
        "a": (b"<a/>", b""),
        "b": (b"<b>/></b>", b"</b>"),
        "c": (b"<c x=\">\" y='/>'/>", b""),
        "d": ("<d\n>é<e></e></d >".encode(), b"</d >"),
        "e": (b"<e></e>", b"</e>"),
    }


def test_an_unfinished_element_says_so():
    document = parse(b"<r><a/><b>text")
    a, b = document.root.children
    assert (document.root.is_closed, a.is_closed, b.is_closed) == (False, True, False)
    assert "no element found" in document.damage or "damaged" in document.damage


@pytest.mark.parametrize("data", [b"<r><a></r>", b"<p:r/>", b"<r a='1' a='2'/>", b"<r>&b;</r>"])
def test_malformed_text_is_damage(data):
    assert "damaged at byte" in parse(data).damage


def test_a_namespace_with_a_blank_is_damage():
    # or it could be taken for the end of the namespace
    assert parse(b"<p:r xmlns:p='a b'/>").damage is not None


def test_two_namespaces_of_one_prefix_get_two():
    data = b"<p:a xmlns:p='u1'><p:b xmlns:p='u2' p:c='1'/></p:a>"
    document = parse(data)
    out = serialise(document.root, {"u1": "p", "u2": "p"})
    assert out == b'<p:a xmlns:p="u1" xmlns:p2="u2"><p2:b p2:c="1"/></p:a>'


def test_a_default_namespace_gets_a_prefix():
    document = parse(b"<a xmlns='u' b='1'><c/></a>")
    assert serialise(document.root, document.prefixes) == b'<ns:a xmlns:ns="u" b="1"><ns:c/></ns:a>'


def test_text_comments_languages_and_line_ends_survive():
    data = b'<r>a<!-- b -->c&#13;&amp;<d xml:lang="de" e="&#10;&quot;">&lt;</d>]]&gt;</r>'
    document = parse(data)
    out = serialise(document.root, document.prefixes)
    assert out == b'<r>a<!-- b -->c&#13;&amp;<d xml:lang="de" e=\'&#10;"\'>&lt;</d>]]&gt;</r>'
    again = parse(out).root
    assert again.children[1].attributes == document.root.children[1].attributes


def test_a_made_element_is_written():
    element = Element("{u}a", {"{v}b": "1"}, [Element("{u}c", text="<")])
    assert serialise(element, {"v": "v"}) == (
        b'<ns:a xmlns:ns="u" xmlns:v="v" v:b="1"><ns:c>&lt;</ns:c></ns:a>'
    )
