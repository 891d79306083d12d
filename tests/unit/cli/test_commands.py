import json
import re
import subprocess
import sys
from importlib.metadata import version

import pytest
from plugin_makers import DETECTOR, ENCODER, manifest, write_plugin
from small_library import MODEL

from facedex import errors
from facedex.cli.app import cli
from facedex.db import faces, issues, people, runs
from facedex.db.connection import transaction
from facedex.imaging import raw
from facedex.services.decisions import decide_faces
from facedex.services.recognising.match_faces import match_faces

COMMANDS = [
    "scan",
    "view",
    "status",
    "people",
    "people merge",
    "people rename",
    "faces",
    "review",
    "confirm",
    "undo",
    "redo",
    "regroup",
    "relearn",
    "problems",
    "digikam",
    "digikam import",
    "picasa",
    "picasa import",
    "picasa report",
    "forget",
    "audit",
    "export",
    "export xmp",
    "export csv",
    "export json",
    "doctor",
    "bench",
]
LOOKING = [
    ["people"], ["faces"], ["review"], ["confirm"], ["regroup"], ["status"], ["problems"],
    ["picasa", "report"],
    ["audit"], ["view"],
]  # fmt: skip
HOSTILE = "Eve\x1b]0;owned\x07\x9b31m\u202egpj.exe"
UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


# ---- help


def test_every_command_is_in_this_list():
    names = set(cli.commands) | {
        f"{group} {name}"
        for group in cli.commands
        for name in getattr(cli.commands[group], "commands", ())
    }
    assert names == set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_teaches(facedex, command, option):
    outcome = facedex(*command.split(), option)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage:")
    assert "--help" in outcome.out
    lines = outcome.out.splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 100


def test_the_first_help_says_how_to_begin_and_what_codes_mean(facedex):
    out = facedex("--help").out
    text = " ".join(out.split())
    assert "facedex scan FOLDER" in text
    assert "nothing leaves this computer" in text
    for code in ("2 wrong call", "4 no space", "5 a folder is offline", "130 or 143"):
        assert code in text
    for name in cli.commands:
        assert re.search(rf"^  {name} +\w+", out, re.MULTILINE)


def test_scan_help_gives_examples_one_a_line(facedex):
    out = facedex("scan", "--help").out
    assert re.search(r"^  facedex scan ~/Pictures +the first time", out, re.MULTILINE)


def test_no_command_shows_the_help(facedex):
    outcome = facedex()
    assert outcome.code == 2
    assert "Usage:" in outcome.out + outcome.err


def test_version(facedex):
    outcome = facedex("--version")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"facedex, version {version('facedex')}\n"


# ---- wrong calls


def assert_one_line(outcome, code):
    assert outcome.code == code
    assert outcome.out == ""
    assert outcome.err.startswith("facedex: ")
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err


def test_a_folder_that_is_not_there(facedex, tmp_path):
    outcome = facedex("scan", tmp_path / "gone")
    assert_one_line(outcome, 2)
    assert "does not exist" in outcome.err
    assert not (tmp_path / "library").exists()


def test_a_file_instead_of_a_folder(facedex, tmp_path):
    (tmp_path / "photo.jpg").touch()
    outcome = facedex("scan", tmp_path / "photo.jpg")
    assert_one_line(outcome, 2)
    assert "is not a folder" in outcome.err


def test_a_folder_with_control_characters_in_its_name(facedex, tmp_path):
    outcome = facedex("scan", tmp_path / "gone\n\x1b[31m")
    assert_one_line(outcome, 2)
    assert not UNPRINTABLE.search(outcome.err)


@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_without_a_library_a_command_says_how_to_begin_and_makes_none(facedex, tmp_path, command):
    outcome = facedex(*command)
    assert_one_line(outcome, 2)
    assert "facedex scan FOLDER" in outcome.err
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(
    "arguments",
    [["sacn"], ["people", "--jsn"], ["faces", "--state", "named"], ["faces", "--limit", "0"],
     ["scan", ".", "--detector", "yolo"], ["scan", "--jobs", "many"]],
    ids=" ".join,
)  # fmt: skip
def test_a_mistyped_call_names_the_mistake(facedex, arguments):
    outcome = facedex(*arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    assert arguments[-1].lstrip("-") in outcome.err


@pytest.mark.parametrize(
    ("option", "value"), [("--jobs", -1), ("--jobs", 1000), ("--working-size", 10)]
)
def test_a_number_out_of_range_names_its_setting(facedex, tmp_path, option, value):
    outcome = facedex("scan", tmp_path, option, value)
    assert_one_line(outcome, 2)
    assert option.strip("-").replace("-", "_") in outcome.err


def test_a_config_file_that_cannot_be_used(facedex, tmp_path):
    (tmp_path / "config.toml").write_text("jbos = 2")
    outcome = facedex("people")
    assert_one_line(outcome, 2)
    assert "jbos" in outcome.err
    assert "config.toml" in outcome.err


def test_a_library_that_is_none(facedex, tmp_path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "library.db").write_bytes(b"this is not SQLite at all" * 100)
    outcome = facedex("people")
    assert_one_line(outcome, 1)
    assert "library.db" in outcome.err


# ---- exit codes


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (errors.FacedexError("x"), 1),
        (errors.UsageError("x"), 2),
        (errors.ConfigError("x"), 2),
        (errors.ItemError(b"a.jpg", "read", "x", "io"), 3),
        (errors.ReadError(b"a.jpg", "read", "x", "io"), 3),
        (errors.DecodeError(b"a.jpg", "decode", "x", "damaged"), 3),
        (errors.EngineError(b"a.jpg", "detect", "x", "engine"), 3),
        (errors.MetadataError("a.xmp", "write", "x", "damaged"), 3),
        (errors.EnvironmentFault("x"), 1),
        (errors.ModelMissing("x"), 1),
        (errors.StorageFault("x"), 4),
        (errors.RootOffline("x"), 5),
        (errors.LibraryLocked("x"), 6),
        (errors.SchemaTooNew("x"), 7),
        (errors.LibraryDamaged("x"), 1),
        (errors.MigrationError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_exit_codes(facedex, monkeypatch, fault, code):
    def fail(*_args, **_kwargs):
        raise fault

    monkeypatch.setattr("facedex.cli.context.load_settings", fail)
    outcome = facedex("people")
    assert outcome.code == code
    assert "Traceback" not in outcome.err
    if isinstance(fault, errors.FacedexError):
        assert outcome.err == f"facedex: {fault}\n"


def test_every_expected_failure_has_a_test_of_its_exit_code():
    def below(kind):
        return {kind}.union(*map(below, kind.__subclasses__()))

    mark = next(m for m in test_exit_codes.pytestmark if m.name == "parametrize")
    tested = {type(fault) for fault, _code in mark.args[1]}
    expected = {kind for kind in below(errors.FacedexError) if kind.__module__ == "facedex.errors"}
    assert expected <= tested


def test_the_hint_of_a_fault_is_told(facedex, monkeypatch):
    def fail(*_args, **_kwargs):
        raise errors.StorageFault("no space left", "Free some and run it again")

    monkeypatch.setattr("facedex.cli.context.load_settings", fail)
    assert facedex("people").err == "facedex: no space left. Free some and run it again\n"


def child(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def test_a_bug_shows_its_traceback_and_ends_with_1():
    done = child(
        "import sys, facedex.cli.context as c\n"
        "c.load_settings = lambda **flags: 1 / 0\n"
        "sys.argv = ['facedex', 'people']\n"
        "from facedex.cli import main; main()"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert "ZeroDivisionError" in done.stderr


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "facedex", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("facedex")


@pytest.mark.parametrize("n", [3, 600])  # less and more than a pipe holds
def test_a_reader_that_goes_away_is_no_failure(small, n):
    decide_faces.name_faces(small.db, small.album("x", n), "x" * 150)
    command = [sys.executable, "-m", "facedex", "--library", str(small.directory), "faces"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        if n > 3:
            process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
        assert process.wait(60) == 0
    assert stderr == b""


# ---- what commands print


@pytest.fixture
def filled(small):
    """Ada named, one suggested; somebody with a hostile name; a photo that could not be read."""
    decide_faces.name_faces(small.db, small.album("ada", 3), "Ada")
    small.photo("ada", name=b"caf\xe9\x1b[31m.jpg")
    [eve] = small.photo("eve")
    decide_faces.name_faces(small.db, [eve], "Eve")
    with transaction(small.db):
        small.db.execute("UPDATE person SET name = ? WHERE name = 'Eve'", (HOSTILE,))
        small.db.execute("UPDATE root SET path_text = ?", ("/photos\x1b[2J\x07",))
        issues.set_issue(small.db, 1, "decode", "damaged", "broken \x1b[31m data")
        run = runs.start_run(small.db, "small-engine")
        runs.finish_run(small.db, run, "done", {})
    match_faces(small.db, MODEL)
    return small


@pytest.mark.parametrize("command", [*LOOKING[:-1], ["doctor"]], ids=" ".join)
def test_json_is_valid_and_alone_on_stdout(facedex, filled, command):
    outcome = facedex(*command, "--json")
    assert outcome.err == ""
    assert outcome.code == 0
    json.loads(outcome.out)


def test_json_of_an_empty_library(facedex, small):
    assert json.loads(facedex("people", "--json").out) == []
    assert json.loads(facedex("faces", "--json").out) == []
    assert json.loads(facedex("problems", "--json").out) == []
    assert json.loads(facedex("status", "--json").out)["n_faces"] == 0


def test_people_as_json(facedex, filled):
    people = {row["name"]: row for row in json.loads(facedex("people", "--json").out)}
    assert set(people) == {"Ada", HOSTILE}
    assert (people["Ada"]["n_confirmed"], people["Ada"]["n_suggested"]) == (3, 1)


def test_faces_as_json(facedex, filled):
    rows = json.loads(facedex("faces", "--person", "ADA", "--json").out)
    assert [row["state"] for row in rows].count("confirmed") == 3
    [suggested] = json.loads(facedex("faces", "--state", "suggested", "--json").out)
    assert suggested["person_name"] == "Ada"
    assert 0 < suggested["distance"] < 1
    assert 0.5 <= suggested["probability"] <= 1
    shown = facedex("faces", "--state", "suggested").out.splitlines()
    assert shown[0].split("\t")[2:5] == ["person", "probability", "distance"]
    assert shown[1].split("\t")[3] == f"{suggested['probability']:.3f}"
    assert set(suggested["box"]) == {"x0", "y0", "x1", "y1"}
    assert len(json.loads(facedex("faces", "--limit", "2", "--json").out)) == 2


def test_review_as_json_and_as_a_table(facedex, filled):
    for who in ("bob", "bob", "bob", "cy"):
        filled.photo(who)
    match_faces(filled.db, MODEL)
    found = json.loads(facedex("review", "--json").out)
    assert [question["kind"] for question in found] == ["who", "suggested", "who"]
    assert [len(question["face_ids"]) for question in found] == [3, 1, 1]
    assert [question["worth"] for question in found] == pytest.approx([1.5, 0.9, 0.5], abs=0.1)
    lines = facedex("review", "--limit", "2").out.splitlines()
    assert lines[0] == "worth\tfaces\tquestion\tprobability"
    assert lines[1].split("\t")[1:3] == ["3", f"who is group {found[0]['cluster_id']}?"]
    assert lines[2].split("\t")[1:3] == ["1", "are these Ada?"]
    assert len(lines) == 3


def test_status_as_json(facedex, filled):
    status = json.loads(facedex("status", "--json").out)
    assert (status["n_photos"], status["n_confirmed"], status["n_problems"]) == (5, 4, 1)
    assert status["last_scan"]["outcome"] == "done"
    assert len(status["roots"]) == 1
    assert status["library"] == str(filled.directory)


def test_problems_as_json(facedex, filled):
    [row] = json.loads(facedex("problems", "--json").out)
    assert (row["kind"], row["stage"]) == ("damaged", "decode")


def test_doctor_as_json(facedex):
    findings = json.loads(facedex("doctor", "--json").out)
    assert {each["verdict"] for each in findings} <= {"ok", "unused", "warning", "missing"}
    assert {"facedex", "python", "pillow", "sqlite", "library"} <= {
        each["what"] for each in findings
    }


def test_doctor_says_whether_raw_photos_are_read(facedex, monkeypatch):
    def finding():
        found = json.loads(facedex("doctor", "--json").out)
        return next(each for each in found if each["what"] == "rawpy")

    if raw.reader_version():
        assert finding()["verdict"] == "ok"
        assert "LibRaw" in finding()["detail"]
    monkeypatch.setitem(sys.modules, "rawpy", None)  # importing it fails
    assert finding()["verdict"] == "unused"
    assert "pip install rawpy" in finding()["detail"]


@pytest.mark.parametrize("command", LOOKING[:-1], ids=" ".join)
def test_control_characters_in_names_do_not_reach_the_terminal(facedex, filled, command):
    outcome = facedex(*command)
    text = outcome.out.replace("\t", " ")  # the columns
    assert outcome.code == 0
    assert not UNPRINTABLE.search(text + outcome.err)


def test_control_characters_do_not_reach_a_real_terminal_either(facedex, filled, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    out = facedex("people").out
    assert "owned" in out
    assert "\x07" not in out
    assert "\x9b" not in out
    assert "\x1b]" not in out


def test_tables_are_tab_separated_when_piped(facedex, filled):
    lines = facedex("people").out.splitlines()
    assert lines[0] == "name\tconfirmed\tsuggested\tborn\tdied\talso called"
    assert "Ada\t3\t1\t\t\t" in lines


def test_rich_markup_in_names_is_shown_as_it_is(facedex, small, monkeypatch):
    decide_faces.name_faces(small.db, small.photo("x"), "[bold]Bob[/]")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "[bold]Bob[/]" in facedex("people").out


def test_problems_of_a_library_without_any(facedex, small):
    assert facedex("problems").out == "Everything could be read.\n"


def test_picasa_report_without_picasa(facedex, small):
    assert "No .picasa.ini" in facedex("picasa", "report").out


def test_status_says_what_there_is(facedex, filled):
    out = facedex("status").out
    assert "5, of which 0 wait" in out
    assert "1; see: facedex problems" in out
    assert re.search(r"Last scan +\d{4}-\d\d-\d\d \d\d:\d\d, done", out)


def test_the_option_for_the_library_goes_before_the_environment(
    facedex, small, monkeypatch, tmp_path
):
    monkeypatch.setenv("FACEDEX_LIBRARY", str(tmp_path / "other"))
    assert facedex("people").code == 2
    assert facedex("--library", small.directory, "people").code == 0


def test_a_library_in_a_folder_whose_name_is_not_utf8_is_refused(facedex, tmp_path):
    outcome = facedex("--library", tmp_path / "caf\udce9", "status")
    assert_one_line(outcome, 2)
    assert "UTF-8" in outcome.err


def test_doctor_lists_plugins_with_what_they_give_and_what_is_wrong(facedex, tmp_path, caplog):
    folder = write_plugin(tmp_path / "plugins", "toys", DETECTOR + ENCODER)
    write_plugin(folder, "crash", "1 / 0")
    write_plugin(folder, "old", "", manifest("old", api_version=0))
    said = {line[9:].partition(":")[0]: line for line in facedex("doctor").out.splitlines()}
    assert said["plugins folder"].startswith("ok ")
    assert str(folder) in said["plugins folder"]
    assert re.search("^ok .*detector toy, encoder colour; For a test", said["plugin toys"])
    assert re.search("^warning .*ZeroDivisionError", said["plugin crash"])
    assert re.search("^warning .*version 0", said["plugin old"])


@pytest.mark.parametrize("kind", ["detector", "encoder", "runtime"])
def test_doctor_says_an_engine_that_there_is_not(facedex, monkeypatch, kind):
    monkeypatch.setenv(f"FACEDEX_{kind.upper()}", "nosuch")
    outcome = facedex("doctor")
    assert outcome.code == 1
    assert re.search(
        f"^missing .*there is no {kind} nosuch; there are: ", outcome.out, re.MULTILINE
    )


def test_doctor_says_where_plugins_may_lie(facedex, tmp_path):
    lines = [line for line in facedex("doctor").out.splitlines() if "plugins folder" in line]
    assert lines == [
        f"unused   plugins folder: {tmp_path / 'plugins'} is not there; plugins may lie in it"
    ]


# ---- what a person may get wrong


def test_a_folder_without_a_name_is_refused(facedex):
    outcome = facedex("scan", "")
    assert outcome.code == 2
    assert "the folder's name is empty" in outcome.err


def test_faces_of_nobody_are_a_mistake(facedex, small):
    small.photo("ada")
    outcome = facedex("faces", "--person", "Nobody")
    assert (outcome.code, outcome.out) == (2, "")
    assert "there is nobody called Nobody" in outcome.err


def test_a_library_that_cannot_be_written_is_a_line(facedex, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "photos").mkdir()
    outcome = facedex("--library", tmp_path / "file", "scan", tmp_path / "photos")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].startswith("facedex: the library cannot be written in ")


def test_status_says_what_waits_to_be_read_and_counts_groups_with_faces_only(facedex, small):
    found = small.album("ada", 3)
    with transaction(small.db):
        small.db.execute("UPDATE file SET state = 'pending' WHERE id = 1")
        for _ in range(2):
            cluster_id = people.add_cluster(small.db)
        for face_id in found:
            faces.set_cluster(small.db, face_id, cluster_id)
    said = facedex("status").out
    assert "Files      3 there, of which 1 wait to be read, 0 gone\n" in said
    assert "and 1 groups nobody has named" in said
