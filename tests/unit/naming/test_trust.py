from itertools import pairwise

from facedex.naming.trust import Trust, strength, trust_in_source
from facedex.types import Assignment, FaceState, PersonId, Source

ADA = PersonId(1)


def test_the_user_counts_most_then_picasa_digikam_xmp_and_last_the_program():
    order = [Source.USER, Source.PICASA, Source.DIGIKAM, Source.XMP, Source.AUTO]
    assert sorted(Source, key=trust_in_source) == order


def test_between_two_sources_there_is_room_for_another():
    assert all(b - a > 1 for a, b in pairwise(sorted(Trust)))


def test_who_speaks_counts_before_what_is_said_and_that_before_the_distance():
    words = [
        Assignment(ADA, FaceState.CONFIRMED, Source.USER),
        Assignment(ADA, FaceState.REJECTED, Source.USER),
        Assignment(ADA, FaceState.CONFIRMED, Source.PICASA),
        Assignment(ADA, FaceState.CONFIRMED, Source.XMP),
        Assignment(ADA, FaceState.SUGGESTED, Source.AUTO, 0.2),
        Assignment(ADA, FaceState.SUGGESTED, Source.AUTO, 0.3),
    ]
    assert sorted([*words[3:], *words[:3]], key=strength) == words
