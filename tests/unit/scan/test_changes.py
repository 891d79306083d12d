import os
from dataclasses import replace
from pathlib import Path

import pytest

from facedex.scan import changes
from facedex.scan.changes import (
    RACY_COARSE_NS,
    RACY_FINE_NS,
    Change,
    KnownFile,
    compare,
    timestamp_slack_ns,
)
from facedex.types import FileStat

SECOND = 1_000_000_000
STAT = FileStat(b"x.jpg", 100, mtime_ns=50 * SECOND, ctime_ns=60 * SECOND, inode=7, n_links=1)
KNOWN = KnownFile(STAT, hashed_ns=100 * SECOND)


def test_a_file_never_seen_is_new():
    assert compare(STAT, None)[0] is Change.NEW


def test_the_same_size_and_times_are_unchanged():
    assert compare(STAT, KNOWN) == (Change.UNCHANGED, "same size and times")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (replace(STAT, size_bytes=101), "size 100 -> 101"),
        (replace(STAT, mtime_ns=STAT.mtime_ns + 1), "modified"),
        (replace(STAT, mtime_ns=STAT.mtime_ns - SECOND), "modified"),
        (replace(STAT, inode=8), "another file under this name"),
        (replace(STAT, ctime_ns=STAT.ctime_ns + 1), "touched (ctime)"),
    ],
)
def test_every_difference_is_a_change_with_its_reason(found, reason):
    assert compare(found, KNOWN) == (Change.CHANGED, reason)


def test_a_file_that_was_not_read_to_the_end_is_read_again():
    assert compare(STAT, KnownFile(STAT, None)) == (Change.CHANGED, "was not read to the end")


def test_another_number_of_links_or_name_is_no_change():
    assert compare(replace(STAT, n_links=2, relpath=b"X.JPG"), KNOWN)[0] is Change.UNCHANGED


@pytest.mark.parametrize("slack_ns", [RACY_FINE_NS, RACY_COARSE_NS])
def test_times_shortly_before_reading_prove_nothing(slack_ns):
    hashed = STAT.mtime_ns + slack_ns
    racy, settled = KnownFile(STAT, hashed), KnownFile(STAT, hashed + 1)
    assert compare(STAT, racy, slack_ns) == (
        Change.CHANGED,
        "modified too shortly before it was read",
    )
    assert compare(STAT, settled, slack_ns)[0] is Change.UNCHANGED


def test_times_in_the_future_prove_nothing():
    future = replace(STAT, mtime_ns=10**18)
    assert compare(future, KnownFile(future, 100 * SECOND))[0] is Change.CHANGED


def test_on_windows_the_inode_and_the_time_of_creation_do_not_count(monkeypatch):
    monkeypatch.setattr(changes.sys, "platform", "win32")
    found = replace(STAT, inode=8, ctime_ns=1)
    assert compare(found, KNOWN)[0] is Change.UNCHANGED
    assert compare(replace(found, mtime_ns=1), KNOWN)[0] is Change.CHANGED


@pytest.fixture
def mounts(monkeypatch):
    """Let the system report these (folder, type) mounts."""

    def report(*mounted):
        lines = b"".join(b"dev %s %s rw 0 0\n" % (folder, kind) for folder, kind in mounted)
        monkeypatch.setattr(Path, "read_bytes", lambda _self: lines)

    return report


@pytest.mark.parametrize(
    ("kind", "slack_ns"),
    [(b"ext4", RACY_FINE_NS), (b"btrfs", RACY_FINE_NS), (b"tmpfs", RACY_FINE_NS),
     (b"vfat", RACY_COARSE_NS), (b"exfat", RACY_COARSE_NS), (b"nfs4", RACY_COARSE_NS),
     (b"cifs", RACY_COARSE_NS), (b"fuse.sshfs", RACY_COARSE_NS), (b"new", RACY_COARSE_NS)],
)  # fmt: skip
def test_slack_by_file_system(mounts, kind, slack_ns):
    mounts((b"/", b"nfs"), (b"/photos", kind))
    assert timestamp_slack_ns(b"/photos/2009") == slack_ns


def test_the_innermost_mount_counts(mounts):
    mounts((b"/", b"ext4"), (b"/photos", b"nfs4"), (b"/photos/stick", b"vfat"))
    assert timestamp_slack_ns(b"/home") == RACY_FINE_NS
    assert timestamp_slack_ns(b"/photos") == RACY_COARSE_NS
    assert timestamp_slack_ns(b"/photosmore") == RACY_FINE_NS


def test_of_two_mounts_on_one_folder_the_later_counts(mounts):
    mounts((b"/photos", b"ext4"), (b"/photos", b"vfat"))
    assert timestamp_slack_ns(b"/photos") == RACY_COARSE_NS


def test_a_mount_with_a_space_in_its_name(mounts):
    mounts((b"/", b"ext4"), (b"/my\\040photos", b"vfat"))
    assert timestamp_slack_ns(b"/my photos/2009") == RACY_COARSE_NS


def test_where_mounts_are_not_known_times_are_taken_for_coarse(monkeypatch, tmp_path):
    def fail(_self):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert timestamp_slack_ns(os.fsencode(tmp_path)) == RACY_COARSE_NS


def test_the_real_table_of_mounts_is_read(tmp_path):
    assert timestamp_slack_ns(os.fsencode(tmp_path)) in {RACY_FINE_NS, RACY_COARSE_NS}
