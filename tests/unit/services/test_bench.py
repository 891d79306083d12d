import pytest

from facedex.cli.engine_options import engine_settings
from facedex.cli.scan import scan
from facedex.config import load_settings
from facedex.errors import EnvironmentFault, UsageError
from facedex.progress import NullSink
from facedex.services.bench import child as bench_child
from facedex.services.bench import engines as bench_engines
from facedex.services.bench import scan as bench_scan
from facedex.services.bench.child import Cost
from facedex.services.bench.engines import (
    STEPS,
    PhotoTimes,
    summarise,
    time_engine,
    total_cost,
)
from facedex.services.bench.photos import draw_sample
from facedex.services.bench.run_bench import BenchOptions, run_bench
from facedex.services.bench.scan import ScanCost, measure_decoding, measure_scan
from facedex.types import DetectorName, EngineConfig, RuntimeName

HOG = EngineConfig(DetectorName.HOG, RuntimeName.DLIB, working_size=640, encode_crops=1)
QUICK = {"detector": "hog", "runtime": "dlib", "working_size": 640, "encode_crops": 1, "jobs": 0}


class Sink(NullSink):
    """Counts what each phase reports."""

    def __init__(self):
        self.phases = {}

    def started(self, phase, total):
        self.phase = phase
        self.phases[phase] = [0, total]

    def advanced(self, n=1, item="", faces=0):
        self.phases[self.phase][0] += n


@pytest.fixture
def drawn(tmp_path):
    return draw_sample(3, tmp_path / "drawn", megapixels=0.2)


# ---- decoding


def test_decoding_counts_every_photo_and_the_time_of_all_threads(drawn):
    sink = Sink()
    sink.started("Decoding", 3)
    cost = measure_decoding(drawn.paths, 2, 60, sink)
    assert cost.n_photos == sink.phases["Decoding"][0] == 3
    assert 0 < cost.processor_s_per_photo < 5
    assert cost.wall_s > 0


def test_decoding_ends_with_its_time(drawn):
    assert measure_decoding(drawn.paths * 50, 1, 0, NullSink()).n_photos == 1


# ---- steps


def times(read=0.0, decode=0.0, detect=0.0, encode=0.0, faces=0, processor=0.0):
    return PhotoTimes(
        dict(zip(STEPS, (read, decode, detect, encode), strict=True)), processor, faces
    )


def test_steps_are_summed_up_without_the_first_photo():
    steps = summarise(
        [
            times(9, 9, 9, 9, faces=9),
            times(0.1, 0.2, 0.4, 0.3, faces=2),
            times(0.1, 0.3, 0.5, 0.0, faces=0),
            times(0.1, 0.7, 0.7, 0.6, faces=1),
        ]
    )
    assert (steps.decode_s, steps.detect_s) == (0.3, 0.5)
    assert steps.encode_s == pytest.approx(0.3)
    assert steps.faces_per_photo == 1
    assert steps.shares == pytest.approx(
        {"read": 0.075, "decode": 0.3, "detect": 0.4, "encode": 0.225}
    )
    assert steps.limit == "detect"


def test_steps_of_no_photo_and_of_no_face():
    assert summarise([]) is None
    alone = summarise([times(0.1, 0.5, 0.2)])
    assert (alone.encode_s, alone.limit) == (None, "decode")


def test_the_cost_of_photos_is_the_sum_of_their_steps():
    cost = total_cost([times(1, 2, 3, 4, processor=20), times(1, 0, 0, 0, processor=1)])
    assert cost == Cost(2, 11, 21)
    assert total_cost([]) is None


@pytest.mark.model
def test_an_engine_is_timed_on_each_photo(drawn, tmp_path):
    sink = Sink()
    sink.started("HOG", 3)
    found = time_engine(HOG, drawn.paths, tmp_path, 60, sink)
    assert len(found) == sink.phases["HOG"][0] == 3
    for each in found:
        assert list(each.wall_s) == list(STEPS)
        assert all(seconds > 0 for step, seconds in each.wall_s.items() if step != "encode")
        assert each.processor_s > 0
    assert sum(each.n_faces for each in found) > 0


def test_an_engine_without_time_has_timed_nothing(drawn, tmp_path):
    assert time_engine(HOG, drawn.paths, tmp_path, 0, NullSink()) == []


@pytest.mark.model
def test_an_engine_that_fails_says_why(tmp_path):
    with pytest.raises(EnvironmentFault, match=r"timing hog.*gone\.jpg"):
        time_engine(HOG, [tmp_path / "gone.jpg"], tmp_path, 60, NullSink())


def test_an_engine_is_described_to_its_process_in_full(tmp_path):
    config = EngineConfig(
        DetectorName.BOTH,
        RuntimeName.TORCH,
        999,
        2,
        encode_crops=5,
        is_thorough=True,
        plugins_dir=tmp_path,
    )
    again = bench_engines.config_from_json(bench_engines.config_to_json(config))
    assert again == config
    assert type(again.device) is type(config.device)


# ---- the whole scan


@pytest.mark.parametrize(
    "flags",
    [
        {},
        QUICK,
        {"detector": "cascade", "thorough": True, "runtime": "openvino", "device": "cpu"},
        {"precision": "f32", "encode_crops": 5, "jobs": 3, "working_size": 999},
    ],
)
def test_a_measured_scan_has_exactly_these_settings(flags, model_cache):
    settings = load_settings(**flags)
    # click keeps the names of the help option that it sees first
    context = scan.make_context(
        "scan", bench_scan._engine_flags(settings), help_option_names=["-h", "--help"]
    )
    given = {
        k: v for k, v in context.params.items() if k not in {"folders", "contacts", "log_json"}
    }
    told = engine_settings(_NoContext(), given)
    assert told.engine() == settings.engine()
    assert told.n_workers() == settings.n_workers()


class _NoContext:
    def settings(self, **flags):
        return load_settings(**flags)


def test_rates_come_from_the_lines_of_the_scan(monkeypatch):
    clock = iter([10.0, 12.0, 14.0])
    monkeypatch.setattr(bench_scan.time, "perf_counter", lambda: next(clock))
    log = bench_scan._ScanLog()
    lines = [
        {"type": "phase", "phase": "Reading", "total": 9},
        {"type": "status", "phase": "Looking through x", "done": 9, "faces": 0},
        {"type": "status", "phase": "Reading", "done": 1, "faces": 2},
        {"type": "status", "phase": "Reading", "done": 5, "faces": 7},
        {"type": "status", "phase": "Reading", "done": 9, "faces": 8},
        {"type": "status", "phase": "Matching faces", "done": 0, "faces": 8},
        {"type": "summary"},
    ]
    for line in lines:
        log.note(line, NullSink())
    assert (log.n_photos, log.n_faces) == (9, 8)
    assert log.running_rate() == 2.0


def test_a_scan_of_one_photo_has_no_running_rate():
    log = bench_scan._ScanLog()
    assert log.running_rate() is None
    log.note({"type": "status", "phase": "Reading", "done": 1, "faces": 0}, NullSink())
    assert log.running_rate() is None


def test_start_up_is_what_the_photos_do_not_explain():
    assert ScanCost(Cost(10, 7.0, 1), 0, 2.0, None, False).start_up_s == 2.0
    assert ScanCost(Cost(10, 4.0, 1), 0, 2.0, None, False).start_up_s == 0.0
    assert ScanCost(Cost(10, 4.0, 1), 0, None, None, False).start_up_s is None


@pytest.mark.model
@pytest.mark.slow
def test_a_scan_that_fails_says_why(tmp_path):
    with pytest.raises(EnvironmentFault, match=r"code 2: .*does not exist"):
        measure_scan(load_settings(**QUICK), tmp_path / "gone", tmp_path / "w", 60, NullSink())


@pytest.mark.model
@pytest.mark.slow
def test_a_scan_without_time_asks_for_more(drawn, tmp_path):
    with pytest.raises(UsageError, match="--seconds"):
        measure_scan(load_settings(**QUICK), drawn.folder, tmp_path / "work", 0.3, NullSink())


@pytest.mark.model
@pytest.mark.slow
def test_a_scan_that_is_stopped_counts_what_it_did(tmp_path, monkeypatch):
    sample = draw_sample(60, tmp_path / "drawn", megapixels=0.5)
    timers = []

    class Timer:
        """A clock that stands until it is told."""

        def __init__(self, _interval, function):
            self.ring = function
            timers.append(self)

        def start(self):
            pass

        cancel = join = start

    class TimeOverAtFirst(NullSink):
        def advanced(self, n=1, item="", faces=0):
            if n and timers:
                timers.pop().ring()

    monkeypatch.setattr(bench_child.threading, "Timer", Timer)
    settings = load_settings(**{**QUICK, "working_size": 1600})
    scan = measure_scan(settings, sample.folder, tmp_path / "work", 600, TimeOverAtFirst())
    assert scan.is_stopped
    assert 0 < scan.cost.n_photos < 60


# ---- all of it


@pytest.mark.model
@pytest.mark.slow
def test_a_benchmark_measures_everything_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    sink = Sink()
    options = BenchOptions(n_photos=3, seconds=200, drawn_megapixels=0.2)
    report = run_bench(load_settings(**QUICK), options, sink)
    assert list(tmp_path.glob("facedex*")) == []
    assert [done for done, total in sink.phases.values() if total] == [3, 3, 3, 3, 2]
    assert report.sample.n_photos == report.scan.cost.n_photos == report.decoding.n_photos == 3
    assert (report.hog.n_photos, report.dlib_cnn.n_photos) == (3, 2)
    assert report.scan.n_faces > 0
    assert report.target == "dlib cpu f32"
    rates = report.scan.cost.photos_per_s, report.dlib_cnn.photos_per_s
    assert report.times_as_fast_as(report.dlib_cnn) == pytest.approx(rates[0] / rates[1])
    assert report.share_of_decoding == pytest.approx(rates[0] / report.decoding.photos_per_s)
    assert 0 < report.share_of_decoding < 1
