import json

import pytest
from small_library import MODEL

from facedex.db.library import get_meta, set_meta
from facedex.errors import UsageError
from facedex.services.decisions import decide_faces
from facedex.services.recognising.audit import audit, use_metric
from facedex.services.recognising.match_faces import match_faces
from facedex.services.recognising.metric_choice import default_metric, load_choice, types_of
from facedex.types import MetricName

PLUGINS_MODEL = "colour-v1"


@pytest.fixture
def named(small):
    """A library with just enough named people for an audit."""
    for number in range(20):
        decide_faces.name_faces(small.db, small.album(f"p{number}", 10), f"Person {number}")
    return small


def test_the_default_goes_by_the_model():
    assert default_metric(MODEL) is MetricName.TYPICALITY
    assert default_metric(PLUGINS_MODEL) is MetricName.NONE
    types = types_of(MODEL)
    assert (abs((types.vectors**2).sum(axis=1) - 1) < 1e-5).all()
    assert types_of(PLUGINS_MODEL) is None


def test_with_few_labels_the_default_stays_and_the_report_says_why(small):
    decide_faces.name_faces(small.db, small.album("ada", 4), "Ada")
    report = audit(small.db)
    assert (report.n_faces, report.n_people, report.marks) == (4, 1, [])
    assert "20 people" in report.shortage
    assert report.after == load_choice(small.db, MODEL)
    assert report.after.chosen_by == "default"
    assert get_meta(small.db, "metric") is None


def test_an_audit_is_kept_and_a_second_changes_nothing(named):
    report = audit(named.db)
    assert report.shortage is None
    assert {mark.name for mark in report.marks} == set(MetricName)
    assert report.after.name is MetricName.TYPICALITY  # all do well: no reason to leave the default
    stored = load_choice(named.db, MODEL)
    assert (stored.name, stored.chosen_by) == (MetricName.TYPICALITY, "audit")
    assert stored.audited["n_people"] == 20
    assert audit(named.db).after.name is MetricName.TYPICALITY


def test_what_the_owner_chose_stays(named):
    chosen = use_metric(named.db, MetricName.VARIANCE)
    assert chosen.chosen_by == "owner"
    report = audit(named.db)
    assert (report.after.name, report.after.chosen_by) == (MetricName.VARIANCE, "owner")
    assert use_metric(named.db, None).name is MetricName.TYPICALITY
    assert audit(named.db).after.chosen_by == "audit"


@pytest.mark.parametrize("name", list(MetricName))
def test_every_metric_finds_the_people(named, name):
    use_metric(named.db, name)
    [a, stranger] = named.photo("p3", "stranger")
    match_faces(named.db, MODEL)
    assert named.suggested(a) == "Person 3"
    assert named.suggested(stranger) is None


def test_metrics_are_for_dlibs_encodings_only(small):
    set_meta(small.db, "model", PLUGINS_MODEL)
    for ask in (lambda: audit(small.db), lambda: use_metric(small.db, MetricName.UNIT)):
        with pytest.raises(UsageError, match=r"dlib.*colour-v1"):
            ask()


def test_a_choice_made_for_another_model_does_not_count(named):
    use_metric(named.db, MetricName.STD)
    assert load_choice(named.db, "another").name is MetricName.NONE
    assert load_choice(named.db, MODEL).name is MetricName.STD


def test_before_the_first_scan_there_is_nothing_to_audit(small):
    small.db.execute("DELETE FROM meta WHERE key = 'model'")
    for ask in (lambda: audit(small.db), lambda: use_metric(small.db, MetricName.NONE)):
        with pytest.raises(UsageError, match="scan"):
            ask()


def test_the_choice_is_plain_json(named):
    audit(named.db)
    stored = json.loads(get_meta(named.db, "metric"))
    assert stored["name"] == "typicality"
    assert stored["audited"]["table"][0][0] in list(MetricName)
    set_meta(named.db, "metric", json.dumps(stored))
    assert load_choice(named.db, MODEL).slope == stored["slope"]
