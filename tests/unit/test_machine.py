"""Cores and memory, of this machine and of one that says little."""

import os

import psutil

from facedex import machine


def test_cores_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2}, raising=False)
    assert machine.n_cores() == 3


def test_cores_where_affinity_is_not_known(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert machine.n_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.n_cores() == 1


def test_memory_is_that_of_the_machine_without_a_container():
    assert abs(machine.memory_bytes(()) / psutil.virtual_memory().total - 1) < 0.1


def test_a_container_has_less(tmp_path):
    limit, none = tmp_path / "memory.max", tmp_path / "no limit"
    limit.write_text("123000000\n")
    none.write_text("max\n")
    assert machine.memory_bytes((limit, none, tmp_path / "absent")) == 123_000_000
    assert machine.memory_bytes((none,)) == machine.memory_bytes(())


def test_a_machine_that_does_not_say(monkeypatch):
    monkeypatch.setattr(machine, "_physical_bytes", lambda: None)
    assert machine.memory_bytes(()) is None
