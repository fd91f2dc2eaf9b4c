"""TensorBoard reads what metrics.jsonl says, also of a run that was interrupted; without its library a run goes on."""

import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from apps.training.domain.specs import SftSpec
from tests.rlhf.conftest import TINY
from tests.rlhf.make import manifest, metrics, run_program
from workers.rlhf import pretrain
from workers.rlhf.frame.job import Job


@pytest.fixture(autouse=True)
def first_file_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of one second and one process are told apart by a number, and read as text: the 10th would come before the 9th.
    The next attempt of a run is another process, seconds later."""
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))


def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Each curve's (step, value), as TensorBoard shows them."""
    seen = EventAccumulator(str(folder / "tensorboard"))
    seen.Reload()
    return {tag: [(one.step, one.value) for one in seen.Scalars(tag)] for tag in seen.Tags()["scalars"]}


def job_in(folder: Path) -> Job:
    return Job(spec=SftSpec(), input=folder, output=folder, device=torch.device("cpu"))


def test_a_runs_curves_are_its_metrics(tiny_run: Path):
    curves = read(tiny_run / "output")
    lines = metrics(tiny_run)

    assert curves.keys() == {"loss", "learning_rate", "held_out_loss"}
    for name, points in curves.items():
        expected = [(line["step"], line[name]) for line in lines if name in line]
        assert [step for step, _ in points] == [step for step, _ in expected]
        assert [value for _, value in points] == pytest.approx([value for _, value in expected], rel=1e-6)


def test_steps_that_are_done_again_are_shown_once(tmp_path: Path):
    first = job_in(tmp_path)
    for step in (1, 2, 3):
        first.log(step, 5, loss=float(step))
        if step == 1:
            first.checkpoint_save({"step": 1})
    first.curves.flush()  # killed here: nothing is closed

    again = job_in(tmp_path)
    assert again.checkpoint_load() == {"step": 1}
    for step in (2, 3, 4):
        again.log(step, 5, loss=10.0 * step)
    again.curves.close()

    assert len(list((tmp_path / "tensorboard").iterdir())) == 2
    assert read(tmp_path)["loss"] == [(1, 1.0), (2, 20.0), (3, 30.0), (4, 40.0)]
    first.curves.close()


def test_a_run_that_begins_again_forgets_what_was_said(tmp_path: Path):
    first = job_in(tmp_path)
    first.log(1, 2, loss=5.0)
    first.curves.close()

    again = job_in(tmp_path)
    assert again.checkpoint_load() is None
    again.log(1, 2, loss=1.0)
    again.curves.close()
    assert read(tmp_path)["loss"] == [(1, 1.0)]


def test_without_its_library_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog):
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    job = job_in(tmp_path)
    job.log(1, 2, loss=0.5)
    job.log(2, 2, loss=0.4)
    job.checkpoint_save({})
    job.curves.close()

    assert not (tmp_path / "tensorboard").exists()
    assert (tmp_path / "metrics.jsonl").read_text().count("\n") == 2
    assert [record.message for record in caplog.records if "TensorBoard" in record.message] == [
        "No TensorBoard files are written: import of tensorboard.summary.writer.event_file_writer halted; "
        "None in sys.modules"
    ]


def test_where_its_folder_cannot_be_written_a_run_goes_on(tmp_path: Path):
    (tmp_path / "tensorboard").write_text("a file is in the way")
    job = job_in(tmp_path)
    job.log(1, 2, loss=0.5)
    job.curves.close()
    assert (tmp_path / "metrics.jsonl").is_file()


def test_the_library_is_not_imported_by_programs_that_log_nothing():
    import subprocess

    from django.conf import settings

    code = "import sys; import workers.rlhf.frame.job; sys.exit('tensorboard' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False).returncode == 0


def test_the_manifest_says_what_the_run_took(tiny_run: Path, tmp_path: Path):
    took = manifest(tiny_run)["machine"]
    assert took["device"] == "cpu"
    assert took["processes"] == 1
    assert 50e6 < took["peak_memory_bytes"] < 20e9  # torch alone is more than the one
    assert took["steps_per_second"] > 0
    assert took["tokens_per_second"] > took["steps_per_second"]

    assert run_program("pretrain", pretrain.run, tmp_path, **{**TINY, "steps": 1}) == 0
    assert "steps_per_second" not in manifest(tmp_path)["machine"]  # a single step says nothing of the next
