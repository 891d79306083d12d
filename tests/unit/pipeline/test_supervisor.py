"""Supervision with real processes that really die; see poison_worker."""

import os
import time

import poison_worker
import psutil
import pytest

from facedex.errors import EnvironmentFault
from facedex.pipeline.messages import EncodeJob, PreviewJob, PreviewResult, ScanJob
from facedex.pipeline.supervisor import MAX_ATTEMPTS, SupervisedPool, Task
from facedex.types import Box, EngineConfig

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    monkeypatch.setattr("facedex.pipeline.supervisor.serve", poison_worker.serve)


@pytest.fixture
def make_pool(tmp_path):
    pools = []

    def make(n_workers=2, deadline_s=20.0):
        pools.append(SupervisedPool(EngineConfig(), tmp_path, n_workers, deadline_s))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def job(what):
    return PreviewJob(what.encode(), 1)


def run(pool, whats, *, ask=lambda _image: False, died=None, stop=lambda: False):
    """Results in order, and the items whose worker died."""
    deaths = [] if died is None else died
    tasks = (Task(index, job(what)) for index, what in enumerate(whats))
    return [(task.item, result) for task, result in pool.run(tasks, ask, deaths.append, stop)]


def worker_processes():
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.is_running() and "resource_tracker" not in " ".join(child.cmdline())
    ]


@pytest.mark.parametrize("how", ["segfault", "exit:3", "killed"])
def test_a_file_that_kills_its_worker_costs_nobody_else_anything(make_pool, how):
    poison = {5, 17, 31}
    deaths = []
    results = run(
        make_pool(), [how if i in poison else f"photo {i}" for i in range(40)], died=deaths
    )
    assert [item for item, _ in results] == list(range(40))
    for item, result in results:
        if item in poison:
            assert result.problem.kind == "crash"
            assert result.problem.stage == "analyse"
            assert f"failed {MAX_ATTEMPTS} times" in result.problem.message
        else:
            assert (result.jpeg, result.problem) == (f"photo {item}".encode(), None)
    assert sorted(deaths) == sorted([*poison] * 2)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("segfault", "SIGSEGV"),
        ("killed", "SIGKILL"),
        ("exit:3", "ended with code 3"),
        ("complain", "native library: cannot go on"),
    ],
)
def test_the_reason_says_how_the_worker_ended(make_pool, how, words):
    [(_item, result)] = run(make_pool(1), [how])
    assert words in result.problem.message


@pytest.mark.parametrize("how", ["hang", "spin"])
def test_a_file_that_hangs_is_given_up_at_the_deadline(make_pool, how):
    pool = make_pool(2, deadline_s=1.5)
    run(pool, ["warm", "up"])  # starting Python is not what is measured
    deaths = []
    began = time.monotonic()
    results = run(pool, ["a", how, *"bcdefgh"], died=deaths)
    seconds = time.monotonic() - began
    assert [item for item, _ in results] == list(range(9))
    assert [item for item, result in results if result.problem] == [1]
    assert results[1][1].problem.kind == "timeout"
    assert "1.5 s" in results[1][1].problem.message
    assert deaths == [1, 1]
    assert 2 * 1.5 - 0.1 <= seconds <= 2 * (1.5 + 1.0) + 1.0  # twice the deadline, and a start


def test_a_sign_of_life_puts_the_deadline_off(make_pool):
    pool = make_pool(1, deadline_s=1.5)
    [(_item, result)] = run(pool, ["slow:6"])  # 3 seconds
    assert result.problem is None


def test_a_bug_of_ours_is_a_result_and_the_worker_goes_on(make_pool):
    pool = make_pool(1)
    deaths = []
    results = run(pool, ["pid", "raise", "pid"], died=deaths)
    problem = results[1][1].problem
    assert problem.kind == "internal"
    assert "ZeroDivisionError: a bug of ours" in problem.message
    assert "Traceback" in problem.detail
    assert results[0][1].jpeg == results[2][1].jpeg
    assert deaths == []


def test_what_workers_warn_of_is_said_once(make_pool, caplog):
    results = run(make_pool(2), ["warn", "x", "warn", "warn", "x", "warn"])
    assert all(result.problem is None for _item, result in results)
    assert caplog.messages == ["the processor takes over"]


def test_what_the_machine_lacks_ends_the_run_with_its_message(make_pool):
    with pytest.raises(EnvironmentFault, match=r"the model file is missing\. Install it"):
        run(make_pool(), ["a", "fault", "b"])


def test_a_task_that_failed_in_an_earlier_run_is_not_tried_again(make_pool):
    tasks = [Task("old", job("segfault"), MAX_ATTEMPTS), Task("new", job("x"))]
    deaths = []
    results = list(make_pool(1).run(tasks, lambda _i: False, deaths.append, lambda: False))
    assert [task.item for task, _ in results] == ["old", "new"]
    assert results[0][1].problem.kind == "crash"
    assert deaths == []


def test_a_task_that_failed_once_before_is_tried_once_more(make_pool):
    deaths = []
    task = Task("old", job("exit:1"), MAX_ATTEMPTS - 1)
    [(_task, result)] = make_pool(1).run([task], lambda _i: False, deaths.append, lambda: False)
    assert result.problem.kind == "crash"
    assert deaths == ["old"]


def test_every_kind_of_job_has_a_result_when_it_is_given_up(make_pool):
    box = Box(0, 0, 1, 1)
    jobs = [ScanJob(b"exit:1"), EncodeJob(b"exit:1", (box, box)), PreviewJob(b"exit:1", 9)]
    found = make_pool().run(
        [Task(j, j) for j in jobs], lambda _i: False, lambda _i: None, lambda: False
    )
    results = [result for _task, result in found]
    assert [r.problem.kind for r in results] == ["crash"] * 3
    assert results[0].content_hash is None
    assert results[1].faces == (None, None)
    assert results[2].jpeg == b""


def test_workers_ask_and_are_answered(make_pool):
    asked = []

    def ask(image):
        asked.append(image)
        return image == b"new"

    results = run(make_pool(), ["ask:new", "ask:known", "ask:new"], ask=ask)
    assert [result.jpeg for _item, result in results] == [b"yes", b"no", b"yes"]
    assert sorted(asked) == [b"known", b"new", b"new"]


def test_tasks_are_drawn_only_as_far_as_workers_need(make_pool):
    drawn = []

    def tasks():
        for index in range(1000):
            drawn.append(index)
            yield Task(index, job("x"))

    found = make_pool(2).run(tasks(), lambda _i: False, lambda _i: None, lambda: False)
    for _ in range(5):
        next(found)
    assert len(drawn) <= 5 + 2 * 8 + 2
    found.close()


def test_workers_go_on_while_a_result_is_being_stored(make_pool):
    tasks = (Task(what, job(what)) for what in ("x", "slow:1"))
    found = make_pool(1).run(tasks, lambda _i: False, lambda _i: None, lambda: False)
    next(found)
    time.sleep(1.0)  # as a transaction may take; the worker needs half of it
    began = time.monotonic()
    assert next(found)[0].item == "slow:1"
    assert time.monotonic() - began < 0.3


def test_a_slow_first_task_does_not_let_the_others_pile_up(make_pool):
    drawn = []

    def tasks():
        for index in range(200):
            drawn.append(index)
            yield Task(index, job("slow:2" if index == 0 else "x"))

    found = make_pool(2).run(tasks(), lambda _i: False, lambda _i: None, lambda: False)
    assert next(found)[0].item == 0
    assert len(drawn) <= 16 + 1
    assert [task.item for task, _ in found] == list(range(1, 200))


def test_a_request_to_stop_is_heard_soon_although_a_worker_hangs(make_pool):
    pool = make_pool(1)
    run(pool, ["warm up"])
    began = time.monotonic()
    assert run(pool, ["hang"], stop=lambda: time.monotonic() - began > 0.5) == []
    assert time.monotonic() - began < 1.5


def test_nothing_is_drawn_after_a_stop(make_pool):
    assert run(make_pool(), iter(["x"]), stop=lambda: True) == []


def test_a_pool_can_run_again(make_pool):
    pool = make_pool(1)
    [(_i, first)] = run(pool, ["pid"])
    [(_i, second)] = run(pool, ["pid"])
    assert first.jpeg == second.jpeg


def test_no_task_starts_no_process(make_pool):
    assert run(make_pool(), []) == []
    assert worker_processes() == []


def test_closing_leaves_no_process_and_no_file(make_pool, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    pool = make_pool(2)
    found = pool.run(
        [Task(i, job("hang" if i else "x")) for i in range(5)],
        lambda _i: False, lambda _i: None, lambda: False,
    )  # fmt: skip
    next(found)
    workers = worker_processes()
    assert workers
    pool.close()
    assert not any(each.is_running() and each.status() != "zombie" for each in workers)
    assert set(tmp_path.iterdir()) == before


def test_workers_do_not_get_ctrl_c_and_write_nothing_on_the_terminal(make_pool, capfd):
    pool = make_pool(1)
    [(_i, before)] = run(pool, ["pid"])
    os.kill(int(before.jpeg), 2)
    time.sleep(0.2)
    [(_i, after)] = run(pool, ["pid"])
    assert after.jpeg == before.jpeg
    run(pool, ["complain"])
    assert capfd.readouterr() == ("", "")


def test_results_are_what_the_worker_said(make_pool):
    [(_i, result)] = run(make_pool(1), ["any thing"])
    assert result == PreviewResult(b"any thing")
