"""The device's process, its deaths and its successors, with a runtime that is made up."""

import os
import signal
import time

import made_up_device
import numpy as np
import psutil
import pytest

from facedex.engines.models.onnx_writer import FLOAT, GraphWriter
from facedex.engines.remote.client import RemoteRuntime
from facedex.engines.runtimes import DeviceError, OnnxRuntime, Target
from facedex.pipeline.device import MOST_DEATHS, DeviceKeeper

pytestmark = pytest.mark.slow

TARGET = Target.parse(made_up_device.TARGET)


def doubling():
    """Return a network that doubles what it is given."""
    graph = GraphWriter("double")
    graph.add_input("x", FLOAT, ["n", 2])
    graph.add_node("Add", ["x", "x"], "y")
    graph.add_output("y", FLOAT, ["n", 2])
    return graph.to_bytes("test", {})


class Device:
    """A keeper with one worker, this process, which lets it watch whenever it waits."""

    def __init__(self, tmp_path):
        self.faults = tmp_path / "faults"
        self.said = []
        plugins = made_up_device.install(tmp_path / "plugins")
        self.keeper = DeviceKeeper(plugins, tmp_path, 2, tmp_path, self.said.append)
        self.runtime = RemoteRuntime(OnnxRuntime(), self.keeper.link(0), self.keeper.watch)

    def fault(self, name, content=""):
        (self.faults / name).write_text(content)

    @property
    def pids(self):
        """Those of the processes that ran the network, in order."""
        lines = (self.faults / "runs").read_text().splitlines()
        return list(dict.fromkeys(int(line.split()[0]) for line in lines))


@pytest.fixture
def device(tmp_path, monkeypatch):
    monkeypatch.setattr("facedex.engines.remote.client._SIGN_OF_LIFE_S", 0.02)
    monkeypatch.setenv("FACEDEX_TEST_DEVICE", str(tmp_path / "faults"))
    (tmp_path / "faults").mkdir()
    made = []

    def make():
        made.append(Device(tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.keeper.close()


ONES = np.ones((3, 2), np.float32)


def children():
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "resource_tracker" not in " ".join(child.cmdline())
    ]


def test_networks_run_in_a_process_of_their_own(device):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    assert session.run(ONES).tolist() == (ONES * 2).tolist()
    assert here.pids == [child.pid for child in children()]
    here.keeper.close()
    assert children() == []


def test_its_death_costs_nothing_but_time(device):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    session.run(ONES)
    here.fault("die")
    assert session.run(ONES).tolist() == (ONES * 2).tolist()
    assert len(here.pids) == 2
    assert here.said == []


def test_a_death_between_two_runs_is_made_good(device):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    session.run(ONES)
    os.kill(here.pids[0], signal.SIGKILL)
    other = here.runtime.open(doubling(), TARGET, 1)
    assert other.run(ONES).tolist() == session.run(ONES).tolist() == (ONES * 2).tolist()


def test_what_kills_it_twice_is_a_device_error_and_others_go_on(device):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    here.fault("poison", "13")
    with pytest.raises(DeviceError, match="ended twice with the same picture"):
        session.run(np.full((1, 2), 13, np.float32))
    assert session.run(ONES).tolist() == (ONES * 2).tolist()
    assert len(here.pids) == 3


def test_a_run_that_hangs_is_ended_at_its_deadline(device, tmp_path):
    (tmp_path / "faults" / "deadline").write_text("1.5")
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    session.run(ONES)
    here.fault("hang")
    began = time.monotonic()
    assert session.run(ONES).tolist() == (ONES * 2).tolist()
    assert 1.4 < time.monotonic() - began < 15
    assert len(here.pids) == 2


def test_a_device_that_is_idle_for_long_does_not_hang(device, tmp_path):
    (tmp_path / "faults" / "deadline").write_text("0.3")
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    session.run(ONES)
    time.sleep(0.6)
    here.keeper.watch()
    session.run(ONES)
    assert len(here.pids) == 1


def test_a_process_that_dies_again_and_again_is_given_up(device):
    here = device()
    here.fault("die-open")
    with pytest.raises(DeviceError, match="ended several times"):
        here.runtime.open(doubling(), TARGET, 1)
    assert len(list(here.faults.parent.glob("device-*"))) == MOST_DEATHS
    here.keeper.watch()
    assert children() == []


def test_deaths_far_between_are_never_too_many(device, monkeypatch):
    monkeypatch.setattr("facedex.pipeline.device._ENOUGH_RUNS", 2)
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    for _ in range(MOST_DEATHS + 1):
        session.run(ONES)
        session.run(ONES)
        here.fault("die")
        assert session.run(ONES).tolist() == (ONES * 2).tolist()


def test_its_warnings_reach_the_owner(device):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    here.fault("warn", "the device is hot")
    session.run(ONES)
    here.keeper.watch()
    assert here.said == ["the device is hot"]


def test_it_writes_nothing_on_the_terminal_and_hears_no_ctrl_c(device, capfd):
    here = device()
    session = here.runtime.open(doubling(), TARGET, 1)
    session.run(ONES)
    os.kill(here.pids[0], signal.SIGINT)
    session.run(ONES)
    assert len(here.pids) == 1
    assert capfd.readouterr() == ("", "")
