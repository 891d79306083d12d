"""What is known of a model's distances, and that nothing is matched where nothing is."""

import json

import numpy as np
import pytest
from small_library import MODEL

from facedex.db.connection import transaction
from facedex.db.library import set_meta
from facedex.naming.encoder import DLIB, facts_of
from facedex.services.decisions import decide_faces
from facedex.services.recognising.encoder_facts import find_facts, save_thresholds
from facedex.services.recognising.match_faces import MatchReport, match_faces
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
    assert find_facts(small.db, "dlib-resnet-v1-55533b28-mirror") is DLIB
    assert find_facts(small.db, MODEL) is DLIB


def test_what_a_plugin_gives_is_stored_until_it_gives_none(small):
    assert find_facts(small.db, PLUGINS_MODEL) is None
    save_thresholds(small.db, PLUGINS_MODEL, GIVEN)
    assert find_facts(small.db, PLUGINS_MODEL) == facts_of(PLUGINS_MODEL, GIVEN)
    assert find_facts(small.db, "another") is None
    save_thresholds(small.db, PLUGINS_MODEL, None)
    assert find_facts(small.db, PLUGINS_MODEL) is None


def test_all_that_a_plugin_gives_is_stored(small):
    given = EncoderThresholds((1,), (9.0,), 8.0, same_face=5.0, other_face=11.0, quality_floor=0.3)
    save_thresholds(small.db, PLUGINS_MODEL, given)
    assert find_facts(small.db, PLUGINS_MODEL) == facts_of(PLUGINS_MODEL, given)


def test_what_the_version_before_stored_is_read_and_what_a_later_one_adds_is_left_out(small):
    stored = {"label_counts": [1, 4], "cuts": [0.2, 0.3], "group_cut": 0.25, "moods": [1]}
    set_meta(small.db, f"thresholds {PLUGINS_MODEL}", json.dumps(stored))
    assert find_facts(small.db, PLUGINS_MODEL) == facts_of(PLUGINS_MODEL, GIVEN)


def test_nothing_is_stored_for_a_model_of_our_own(small):
    save_thresholds(small.db, MODEL, None)
    assert small.db.execute("SELECT count(*) FROM meta WHERE key LIKE 'thresh%'").fetchall() == [
        (0,)
    ]


@pytest.mark.parametrize(("thresholds", "n_suggested"), [(None, 0), (GIVEN, 3)])
def test_faces_are_matched_by_what_the_plugin_gave(small, thresholds, n_suggested):
    adas, unknown = small.album("ada", 4), small.album("stranger", 3)
    decide_faces.name_faces(small.db, adas, "Ada")
    encode_alike(small, [*adas, *unknown])
    save_thresholds(small.db, PLUGINS_MODEL, thresholds)
    assert match_faces(small.db, PLUGINS_MODEL) == MatchReport(n_suggested, 0)
