"""What is known of a model's distances, and that nothing is matched where nothing is."""

import json

import numpy as np
import pytest
from small_library import MODEL, PLUGIN, TWENTY_TIMES, clusters

from facedex.db.connection import transaction
from facedex.db.encoders import save_thresholds
from facedex.db.library import set_meta
from facedex.naming.encoder import DLIB, facts_of
from facedex.services.decisions import decide_faces
from facedex.services.decisions.regroup import regroup
from facedex.services.recognising.encoder_facts import find_facts
from facedex.services.recognising.match_faces import MatchReport, match_faces
from facedex.services.reviewing.question_queue import QuestionQueue
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


@pytest.mark.parametrize(("thresholds", "n_suggested"), [(None, 0), (GIVEN, 3)])
def test_faces_are_matched_by_what_the_plugin_gave(small, thresholds, n_suggested):
    adas, unknown = small.album("ada", 4), small.album("stranger", 3)
    decide_faces.name_faces(small.db, adas, "Ada")
    encode_alike(small, [*adas, *unknown])
    save_thresholds(small.db, PLUGINS_MODEL, thresholds)
    assert match_faces(small.db, PLUGINS_MODEL) == MatchReport(n_suggested, 0)


@pytest.mark.parametrize("scale", [1, 20])
def test_suggestions_groups_and_questions_are_the_same_in_any_measure(small, scale):
    adas, eves, nobody = small.album("ada", 5), small.album("eve", 5), small.album("nobody", 4)
    decide_faces.name_faces(small.db, adas[:3], "Ada")
    decide_faces.name_faces(small.db, eves[:3], "Eve")
    if scale > 1:
        small.encode_by(PLUGIN, TWENTY_TIMES, scale)
    match_faces(small.db, MODEL if scale == 1 else PLUGIN)
    assert [small.suggested(face) for face in adas] == [None] * 3 + ["Ada"] * 2
    assert [small.suggested(face) for face in eves] == [None] * 3 + ["Eve"] * 2
    [group] = set(clusters(small, nobody))
    assert group is not None
    asked = QuestionQueue().questions(small.db, 3)
    assert {(each.kind, each.person_name or each.cluster_id) for each in asked} == {
        ("suggested", "Ada"), ("suggested", "Eve"), ("who", group),
    }  # fmt: skip


def test_grouping_anew_is_the_same_in_any_measure(small):
    nobody, others = small.album("nobody", 4), small.album("others", 3)
    small.encode_by(PLUGIN, TWENTY_TIMES, 20)
    regroup(small.db, PLUGIN)
    assert len(set(clusters(small, nobody))) == len(set(clusters(small, others))) == 1
    assert not set(clusters(small, nobody)) & set(clusters(small, others))
