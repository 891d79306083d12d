import json

import pytest

from facedex.services.decisions import decide_faces


@pytest.fixture
def named(small):
    for number in range(20):
        decide_faces.name_faces(small.db, small.album(f"p{number}", 10), f"Person {number}")
    small.photo("p1")
    return small


def test_the_table_the_choice_and_the_suggestions(facedex, named):
    said = facedex("audit")
    assert said.code == 0
    assert "200 named faces of 20 people" in said.out
    assert "metric\trecall at 1 %\tat 0.1 %\tright if nearest" in said.out
    assert "probability\tsuggested\tstated\tright\tstrangers" in said.out
    assert "99.5% to 100.0%\t" in said.out
    assert "In use: typicality, by this audit" in said.out
    assert said.out.endswith("1 suggestions\n")


def test_the_choice_can_be_made_and_given_back(facedex, named):
    assert "In use: variance, as you chose" in facedex("audit", "--use", "variance").out
    assert "Metric     variance, chosen by you" in facedex("status").out
    assert "In use: typicality, by this audit" in facedex("audit", "--use", "auto").out
    assert "Metric     typicality, chosen by audit; 200 faces of 20 people" in facedex("status").out


def test_json(facedex, named):
    told = json.loads(facedex("audit", "--json").out)
    assert (told["metric"], told["chosen_by"], told["n_suggested"]) == ("typicality", "audit", 1)
    assert {"name", "recall", "strict_recall", "first"} == set(told["metrics"][0])
    sure = told["reliability"][-1]
    assert (sure["least"], sure["most"], sure["right"], sure["n_strangers"]) == (0.995, 1.0, 1.0, 0)
    assert sure["n_faces"] > 100
    assert json.loads(facedex("status", "--json").out)["metric"]["name"] == "typicality"


def test_too_few_labels(facedex, small):
    small.photo("ada")
    said = facedex("audit")
    assert said.code == 0
    assert "too few labels" in said.out
    assert "In use: typicality, the default" in said.out
    assert "Metric     typicality, the default; to compare: facedex audit" in facedex("status").out


def test_an_unknown_metric_is_refused(facedex, named):
    said = facedex("audit", "--use", "cosine")
    assert said.code == 2
    assert "'unit'" in said.err
