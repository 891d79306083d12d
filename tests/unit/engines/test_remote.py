"""Networks in the device's process: shared memory, batches across workers, and both ends of the
talk.

Both ends run in this process here; tests/unit/pipeline/test_device.py has real processes.
"""

import json
import multiprocessing
import threading
from multiprocessing.connection import Listener

import numpy as np
import photos
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from facedex.engines.models.model_cache import load_onnx
from facedex.engines.models.model_files import ModelName
from facedex.engines.models.onnx_graphs import resize_graph
from facedex.engines.models.onnx_reader import takes_any_batch
from facedex.engines.models.onnx_writer import FLOAT, GraphWriter
from facedex.engines.remote.batching import MOST_JOINED_BYTES, Failure, JoiningSession
from facedex.engines.remote.client import RemoteRuntime
from facedex.engines.remote.link import Control, DeviceLink
from facedex.engines.remote.server import DeviceServer
from facedex.engines.remote.shared import SharedBlock, Slot
from facedex.engines.runtimes import CPU_TARGET, DeviceError, OnnxRuntime, Target
from facedex.engines.runtimes.base import device_error

GPU = Target.parse("made-up gpu f32")


# --- shared memory -----------------------------------------------------------------------------


@given(
    st.lists(
        npst.arrays(
            st.sampled_from([np.uint8, np.float32, np.int64]),
            npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
            elements=st.integers(0, 200),
        ),
        max_size=4,
    )
)
def test_arrays_come_out_of_a_slot_as_they_went_in(arrays):
    slot = Slot(SharedBlock(1 << 16))
    places = json.loads(json.dumps(slot.put(arrays)))  # as they travel
    for given_array, got in zip(arrays, slot.views(places), strict=True):
        assert (got.dtype, got.shape) == (given_array.dtype, given_array.shape)
        np.testing.assert_array_equal(got, given_array)


def test_arrays_that_do_not_fit_are_out_of_memory():
    slot = Slot(SharedBlock(1000))
    with pytest.raises(DeviceError) as caught:
        slot.put([np.zeros(600, np.uint8), np.zeros(600, np.uint8)])
    assert caught.value.is_out_of_memory
    slot.put([np.zeros(1000, np.uint8)])


def fill(block, number):
    block.bytes()[:] = number


def test_memory_is_shared_with_a_process_and_has_no_name():
    block = SharedBlock(5000)
    here = block.bytes()
    assert not here.any()
    assert photos.shared_names() == []
    context = multiprocessing.get_context("spawn")
    for number in (7, 8):  # a process that is started again gets the same memory
        process = context.Process(target=fill, args=(block, number))
        process.start()
        process.join()
        assert process.exitcode == 0
        assert (here == number).all()


def test_an_array_outlives_its_block():
    here = SharedBlock(100).bytes()
    here[:] = 3
    assert here.sum() == 300


# --- batches -----------------------------------------------------------------------------------


class Doubling:
    """A network that doubles its input and notes the sizes of its batches."""

    inputs = ("x",)

    def __init__(self, most=99, side_multiple=1):
        self.most, self.side_multiple = most, side_multiple
        self.sizes = []

    def run(self, x):
        self.sizes.append(len(x))
        if len(x) > self.most:
            raise device_error(RuntimeError("CUDA out of memory"))
        if (x == 13).any():
            raise device_error(RuntimeError("an illegal access"))
        if (x == 14).any():
            raise ZeroDivisionError("a bug")
        return np.asarray(x, np.float32) * 2

    def close(self):
        pass


def joining(session, *, takes_any_batch=True, told=None):
    def before_run(**said):
        if told is not None:
            told.append(said)

    return JoiningSession(session, str(GPU), takes_any_batch=takes_any_batch, before_run=before_run)


def batch(*values):
    return [np.array(values, np.float32).reshape(-1, 1)]


def values(outcomes):
    return [o if isinstance(o, Failure) else o.ravel().tolist() for o in outcomes]


def test_batches_of_several_workers_are_one_run():
    told = []
    session = joining(Doubling(), told=told)
    outcomes = session.run([batch(1, 2), batch(3), batch(4, 5, 6)])
    assert values(outcomes) == [[2, 4], [6], [8, 10, 12]]
    assert session.session.sizes == [6]
    session.run([batch(1)])
    assert told == [
        {"is_slow": True, "n_batches": 3, "n_items": 6},
        {"is_slow": False, "n_batches": 1, "n_items": 1},
    ]


def test_small_memory_halves_what_is_joined_and_fails_nobody(caplog):
    session = joining(Doubling(most=2))
    outcomes = session.run([batch(1), batch(2), batch(3), batch(4)])
    assert values(outcomes) == [[2], [4], [6], [8]]
    assert session.session.sizes == [4, 2, 2]
    assert caplog.messages == ["made-up gpu f32 is out of memory; fewer pictures are run together"]
    assert session.fits(batch(1), [batch(2)])
    assert not session.fits(batch(1), [batch(2), batch(3)])


def test_a_batch_too_large_by_itself_is_out_of_memory_for_its_worker_only(caplog):
    session = joining(Doubling(most=2))
    outcomes = session.run([batch(1), batch(2, 3, 4), batch(5)])
    assert values([outcomes[0], outcomes[2]]) == [[2], [10]]
    assert outcomes[1].error.is_out_of_memory
    assert len(caplog.messages) == 1  # although it was halved twice


@pytest.mark.parametrize(("poison", "kind"), [(13, DeviceError), (14, ZeroDivisionError)])
def test_a_batch_that_fails_leaves_the_others_alone(poison, kind):
    session = joining(Doubling())
    outcomes = session.run([batch(1), batch(poison), batch(3), batch(4)])
    assert values(outcomes[:1] + outcomes[2:]) == [[2], [6], [8]]
    assert isinstance(outcomes[1].error, kind)
    assert "Traceback" in outcomes[1].traceback


def test_a_network_that_mixes_its_batch_is_never_joined_again():
    class Counting(Doubling):
        def run(self, x):
            self.sizes.append(len(x))
            return np.array([[len(x)]], np.float32)

    session = joining(Counting())
    assert values(session.run([batch(1), batch(2)])) == [[1], [1]]
    assert not session.can_join
    assert not session.fits(batch(1), [batch(2)])


def test_what_is_compiled_for_each_shape_or_takes_one_batch_only_is_not_joined():
    assert not joining(Doubling(side_multiple=256)).fits(batch(1), [batch(2)])
    assert not joining(Doubling(), takes_any_batch=False).fits(batch(1), [batch(2)])


def test_compiling_for_each_shape_may_take_long_every_time():
    told = []
    session = joining(Doubling(side_multiple=256), told=told)
    session.run([batch(1)])
    session.run([batch(1)])
    assert [said["is_slow"] for said in told] == [True, True]


def test_joined_batches_are_bounded():
    session = joining(Doubling())
    large = [np.zeros((1, MOST_JOINED_BYTES // 8 + 1), np.float32)]
    assert session.fits(large, [])
    assert not session.fits(large, [large])


def graph(*first_axes):
    """Return a graph whose inputs, and last its output, have these first axes."""
    writer = GraphWriter("g")
    *inputs, output = first_axes
    for number, axis in enumerate(inputs):
        writer.add_input(f"x{number}", FLOAT, [axis, 3])
    writer.add_constant("weights", np.zeros(4, np.float32))
    writer.add_node("Add", ["x0", "x0"], "y")
    writer.add_output("y", FLOAT, [output, 3])
    return writer.to_bytes("test", {})


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        (("n", "n"), True),
        (("n", "n", "n"), True),
        ((1, 1), False),
        (("n", 1), False),
        (("n", "faces"), False),
        (("n", 1, "n"), False),
    ],
)
def test_a_graph_says_whether_it_takes_any_batch(axes, expected):
    assert takes_any_batch(graph(*axes)) is expected


@pytest.mark.model
def test_our_networks_take_any_batch_and_resizing_does_not(model_cache):
    for name in (ModelName.PROPOSER, ModelName.DETECTOR, ModelName.ENCODER):
        assert takes_any_batch(load_onnx(name, model_cache, is_blocked=False))
    assert not takes_any_batch(resize_graph())


# --- both ends ---------------------------------------------------------------------------------


class House:
    """A server and what its workers need, without a process."""

    def __init__(self, n_workers=3, **session):
        self.opened = []
        self.session = Doubling(**session)
        self.control_block = Control.make_block(n_workers)
        self.control = Control(self.control_block)
        self.slots = [SharedBlock(1 << 16) for _ in range(n_workers)]
        self.server = DeviceServer(self._open, self.slots, self.control, SECRET)
        self.pipes = []

    def _open(self, model, target, threads):
        if model == b"broken":
            raise device_error(RuntimeError("the driver is too old"))
        if model == b"bug":
            raise ZeroDivisionError("a bug")
        self.opened.append((model, str(target), threads))
        return self.session

    def connect(self, number):
        """Return the worker's end; it has greeted."""
        ours, theirs = multiprocessing.Pipe()
        self.pipes.append(ours)
        threading.Thread(target=self.server.listen, args=(theirs,), daemon=True).start()
        say(ours, do="greet", worker=number)
        self.server.step()
        assert hear(ours) == {}
        return ours


@pytest.fixture
def house():
    houses = []

    def build(**options):
        houses.append(House(**options))
        return houses[-1]

    yield build
    for each in houses:
        for pipe in each.pipes:
            pipe.close()


SECRET = "open sesame"
MODEL = graph("n", "n")
SESSION = {"session": "abc", "target": str(GPU), "threads": 1}


def say(pipe, **said):
    pipe.send_bytes(json.dumps({"number": 1, "secret": SECRET} | said).encode())


def hear(pipe):
    assert pipe.poll(5), "no answer"
    return json.loads(pipe.recv_bytes())


def open_network(house, pipe, worker=0):
    say(pipe, do="open", **SESSION)
    house.server.step()
    answer = hear(pipe)
    if answer["is_wanted"]:
        for part in (MODEL[:10], MODEL[10:]):
            places = Slot(house.slots[worker]).put([np.frombuffer(part, np.uint8)])
            say(pipe, do="take", inputs=places)
            house.server.step()
            assert hear(pipe) == {}
        say(pipe, do="open", **SESSION)
        house.server.step()
        answer = hear(pipe)
    return answer


def ask_to_run(house, pipe, worker, *values, number=1, is_alone=False, dtype=np.float32):
    array = np.array(values, dtype).reshape(-1, 1)
    places = Slot(house.slots[worker]).put([array])
    say(pipe, do="run", number=number, inputs=places, is_alone=is_alone, **SESSION)


def result(house, pipe, worker):
    [array] = Slot(house.slots[worker]).views([hear(pipe)["output"]])
    return array.ravel().tolist()


def gather(house, n):
    """Wait until the server's readers have taken n requests."""
    waited = threading.Event()
    for _ in range(500):
        if house.server._arrived.qsize() >= n:
            return
        waited.wait(0.01)
    raise AssertionError("the requests did not arrive")


def test_a_network_is_opened_once_for_all_workers(house):
    here = house()
    for number in range(3):
        answer = open_network(here, here.connect(number))
        assert answer == {"is_wanted": False, "inputs": ["x"], "side_multiple": 1}
    assert here.opened == [(MODEL, str(GPU), 1)]


def test_what_waits_is_run_together(house):
    here = house()
    pipes = [here.connect(number) for number in range(3)]
    open_network(here, pipes[0])
    for number, pipe in enumerate(pipes):
        ask_to_run(here, pipe, number, number, number + 10)
    gather(here, 3)
    here.server.step()
    assert [result(here, pipe, n) for n, pipe in enumerate(pipes)] == [[0, 20], [2, 22], [4, 24]]
    assert here.session.sizes == [6]
    assert (here.control.n_runs, here.control.n_batches, here.control.n_items) == (1, 3, 6)


def test_only_equal_shapes_and_types_are_run_together(house):
    here = house()
    pipes = [here.connect(number) for number in range(3)]
    open_network(here, pipes[0])
    ask_to_run(here, pipes[0], 0, 1)
    gather(here, 1)
    ask_to_run(here, pipes[1], 1, 2, dtype=np.uint8)
    gather(here, 2)
    ask_to_run(here, pipes[2], 2, 3)
    gather(here, 3)
    here.server.step()
    assert [result(here, pipes[n], n) for n in (0, 2)] == [[2], [6]]
    here.server.step()
    assert result(here, pipes[1], 1) == [4]
    assert here.session.sizes == [2, 1]


def test_a_request_to_be_run_alone_is_and_is_noted_before(house):
    here = house()
    pipes = [here.connect(number) for number in range(2)]
    open_network(here, pipes[0])
    ask_to_run(here, pipes[0], 0, 1, number=41, is_alone=True)
    gather(here, 1)
    ask_to_run(here, pipes[1], 1, 2, number=42)
    gather(here, 2)
    assert not here.control.was_alone(0, 41)
    here.server.step()
    assert here.control.was_alone(0, 41)
    here.server.step()
    assert here.session.sizes == [1, 1]
    assert not here.control.was_alone(1, 42)


def test_a_worker_in_the_place_of_a_dead_one_gets_the_slot_to_itself(house):
    here = house()
    dead = here.connect(0)
    open_network(here, dead)
    here.control.note_alone(0, 7)
    heir = here.connect(0)
    assert not here.control.was_alone(0, 7)  # the dead one's requests had numbers of their own
    ask_to_run(here, heir, 0, 5, number=1)
    gather(here, 1)
    # what the dead one had said is read only now; its arrays are not there any more
    say(dead, do="run", number=8, inputs=[["<f4", [1, 1], 0]], is_alone=False, **SESSION)
    gather(here, 2)
    here.server.step()
    here.server.step()
    assert result(here, heir, 0) == [10]
    assert here.session.sizes == [1]
    assert not dead.poll(0.05)


def test_an_answer_too_large_for_the_slot_is_out_of_memory(house):
    here = house()
    pipe = here.connect(0)
    open_network(here, pipe)
    here.session.run = lambda x: np.zeros((1, 1 << 20), np.float32)
    ask_to_run(here, pipe, 0, 1)
    here.server.step()
    assert hear(pipe)["is_out_of_memory"]


@pytest.mark.parametrize(
    "greeting",
    [
        {"do": "greet", "worker": 0, "secret": "open barley"},
        {"do": "greet", "worker": 0},
        {"do": "greet", "worker": 0, "secret": SECRET, "more": "x" * 1000},
        "no greeting",
    ],
)
def test_a_stranger_is_not_heard(house, greeting):
    here = house()
    ours, theirs = multiprocessing.Pipe()
    threading.Thread(target=here.server.listen, args=(theirs,), daemon=True).start()
    ours.send_bytes(json.dumps(greeting).encode())
    here.server.step()
    with pytest.raises((EOFError, ConnectionResetError)):
        ours.recv_bytes()


@pytest.fixture
def reached(house, tmp_path):
    """Return a maker of runtimes that reach a served house by its address."""
    listeners = []

    def reach(**options):
        here = house(**options)
        listener = Listener(str(tmp_path / "device"), backlog=3)
        listeners.append(listener)
        threading.Thread(target=here.server.serve, args=(listener,), daemon=True).start()

        def runtime(worker=0, alive=lambda: None):
            address = str(tmp_path / "device")
            slot = here.slots[worker]
            link = DeviceLink(address, SECRET, worker, slot, here.control_block)
            return RemoteRuntime(OnnxRuntime(), link, alive)

        return here, runtime

    yield reach
    for listener in listeners:
        listener.close()


def test_a_session_there_is_like_one_here(reached):
    here, runtime = reached()
    remote = runtime()
    assert remote.name == OnnxRuntime().name
    session = remote.open(MODEL, GPU, 1)
    assert (session.inputs, session.side_multiple) == (("x",), 1)
    first = session.run(np.arange(6, dtype=np.float32).reshape(3, 2))
    assert first.tolist() == [[0, 2], [4, 6], [8, 10]]
    session.run(np.full((3, 2), 7, np.uint8))
    assert first.tolist() == [[0, 2], [4, 6], [8, 10]]  # a copy, not the slot
    session.close()
    assert runtime(1).open(MODEL, GPU, 1).run(np.ones((1, 1))).tolist() == [[2]]
    assert len(here.opened) == 1


def test_what_runs_on_the_processor_stays_in_the_worker(reached):
    here, runtime = reached()
    session = runtime().open(resize_graph(), CPU_TARGET, 1)
    assert len(session.inputs) == 2
    assert here.opened == []


def test_failures_travel_as_what_they_are(reached):
    _here, runtime = reached(most=2)
    session = runtime().open(MODEL, GPU, 1)
    with pytest.raises(DeviceError, match="CUDA out of memory") as caught:
        session.run(np.ones((3, 1), np.float32))
    assert caught.value.is_out_of_memory
    with pytest.raises(DeviceError, match="illegal access") as caught:
        session.run(np.full((1, 1), 13, np.float32))
    assert not caught.value.is_out_of_memory
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a bug") as caught:
        session.run(np.full((1, 1), 14, np.float32))
    assert "Traceback" in caught.value.__notes__[0]
    assert session.run(np.ones((1, 1), np.float32)).tolist() == [[2]]
    with pytest.raises(DeviceError, match="driver is too old"):
        runtime().open(b"broken", GPU, 1)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        runtime().open(b"bug", GPU, 1)


def test_a_model_larger_than_the_slot_comes_in_parts(reached, monkeypatch):
    monkeypatch.setattr("facedex.engines.remote.client._PART_BYTES", 7)
    here, runtime = reached()
    runtime().open(MODEL, GPU, 1)
    assert here.opened == [(MODEL, str(GPU), 1)]


def test_many_workers_at_once_each_get_their_own_answers(reached):
    here, runtime = reached()
    wrong = []

    def work(number):
        session = runtime(number).open(MODEL, GPU, 1)
        random = np.random.default_rng(number)
        for _ in range(150):
            given = random.integers(20, 90, (random.integers(1, 5), 4)).astype(np.float32)
            if not np.array_equal(session.run(given), given * 2):
                wrong.append(given)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    assert here.control.n_batches == 450
    assert here.control.n_runs == len(here.session.sizes) < 450  # some were joined


def test_a_given_up_device_is_a_device_error_at_once(tmp_path):
    block = Control.make_block(1)
    Control(block).give_up()
    link = DeviceLink(str(tmp_path / "nobody"), SECRET, 0, SharedBlock(100), block)
    with pytest.raises(DeviceError, match="ended several times"):
        RemoteRuntime(OnnxRuntime(), link, lambda: None).open(MODEL, GPU, 1)


def test_a_worker_that_waits_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr("facedex.engines.remote.client._SIGN_OF_LIFE_S", 0.01)
    block = Control.make_block(1)
    signs = []

    def alive():
        signs.append(1)
        if len(signs) == 3:
            Control(block).give_up()

    link = DeviceLink(str(tmp_path / "nobody"), SECRET, 0, SharedBlock(100), block)
    with pytest.raises(DeviceError):
        RemoteRuntime(OnnxRuntime(), link, alive).open(MODEL, GPU, 1)
    assert len(signs) == 3


def test_a_run_that_takes_its_time_gives_signs_of_life(reached, monkeypatch):
    monkeypatch.setattr("facedex.engines.remote.client._SIGN_OF_LIFE_S", 0.02)
    here, runtime = reached()
    signs = []
    session = runtime(0, lambda: signs.append(1)).open(MODEL, GPU, 1)
    signs.clear()
    here.session.run = lambda x: threading.Event().wait(0.3) or x
    session.run(np.ones((1, 1), np.float32))
    assert len(signs) >= 3
