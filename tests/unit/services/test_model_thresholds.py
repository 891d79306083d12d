"""What is known of a model's distances, and that nothing is matched where nothing is."""

import numpy as np
import pytest
from small_library import MODEL

from facedex.db.connection import transaction
from facedex.matching import likeness
from facedex.matching.thresholds import DLIB_RESNET, GroupRule
from facedex.services.decisions import decide_faces
from facedex.services.recognising.match_faces import MatchReport, match_faces
from facedex.services.recognising.model_thresholds import (
    find_group_rule,
    find_likeness,
    keep_thresholds,
)
from facedex.types import EncoderThresholds

PLUGINS_MODEL = "colour-v1"
GIVEN = EncoderThresholds((1, 4), (0.2, 0.3), 0.25)


def encode_alike(small, face_ids, dim=6):
    """Give faces encodings by the plugin's model that are nearly the same."""
    rng = np.random.default_rng(0)
    with transaction(small.db):
        for face_id in face_ids:
            vector = (np.eye(dim)[0] + rng.normal(size=dim) * 0.01).astype("<f4").tobytes()
            small.db.execute(
                "INSERT INTO encoding VALUES (?, ?, ?, ?)", (face_id, PLUGINS_MODEL, dim, vector)
            )


def test_dlibs_are_known(small):
    assert find_group_rule(small.db, "dlib-resnet-v1-55533b28-mirror") is DLIB_RESNET
    assert find_group_rule(small.db, MODEL) is DLIB_RESNET
    assert find_likeness(small.db, MODEL) is likeness.DLIB_RESNET


def test_what_a_plugin_gives_is_kept_until_it_gives_none(small):
    assert find_group_rule(small.db, PLUGINS_MODEL) is None
    keep_thresholds(small.db, PLUGINS_MODEL, GIVEN)
    assert find_group_rule(small.db, PLUGINS_MODEL) == GroupRule.average_linkage(0.25)
    assert find_likeness(small.db, PLUGINS_MODEL) == likeness.Likeness.from_cut(0.25)
    assert find_group_rule(small.db, "another") is None
    keep_thresholds(small.db, PLUGINS_MODEL, None)
    assert find_group_rule(small.db, PLUGINS_MODEL) is None
    assert find_likeness(small.db, PLUGINS_MODEL) is None


def test_nothing_is_kept_for_a_model_of_our_own(small):
    keep_thresholds(small.db, MODEL, None)
    assert small.db.execute("SELECT count(*) FROM meta WHERE key LIKE 'thresh%'").fetchall() == [
        (0,)
    ]


@pytest.mark.parametrize(("thresholds", "n_suggested"), [(None, 0), (GIVEN, 3)])
def test_faces_are_matched_by_what_the_plugin_gave(small, thresholds, n_suggested):
    adas, unknown = small.album("ada", 4), small.album("stranger", 3)
    decide_faces.name_faces(small.db, adas, "Ada")
    encode_alike(small, [*adas, *unknown])
    keep_thresholds(small.db, PLUGINS_MODEL, thresholds)
    assert match_faces(small.db, PLUGINS_MODEL) == MatchReport(n_suggested, 0)
