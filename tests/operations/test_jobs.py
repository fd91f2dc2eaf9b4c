"""Long jobs of every kind as lines with their real errors."""

from django.test import Client

from apps.operations.selectors import jobs_of
from apps.training.services.claim import claim_fail, claim_release, training_claim
from apps.training.services.launch import generation_launch
from tests.training.rails import launch_pretrain, make_model, prompts


def test_runs_are_jobs_with_their_real_error(cast, client: Client):
    waiting = launch_pretrain(cast.project, spec={"seed": 1})
    claim_release(training_claim(uid=waiting.uid, worker="w"), "Its worker was stopped.", counted=False)
    failed = launch_pretrain(cast.project, model_name="tiny")
    claim_fail(training_claim(uid=failed.uid, worker="w"), "diverged", "loss was inf at step 3.")
    writer = make_model(cast.project, "policy")
    generation_launch(actor=None, project=cast.project, model_version=writer, snapshot=prompts(cast), spec={})

    found = {job.title: (job.state, job.error) for job in jobs_of(cast.project)}
    assert found["Training of tiny (pretrain)"] == ("failed", "loss was inf at step 3.")
    assert found["Training of clinic-base (pretrain)"] == ("queued", "Its worker was stopped.")
    assert found[f"Completions by {writer}"] == ("queued", "")

    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/p/clinic/operations/").content.decode()
    assert "loss was inf at step 3." in page
    assert f"/p/clinic/training/runs/{failed.uid}/" in page
    metrics = client.get("/metrics").content.decode()
    assert 'labelstudio_rlhf_training_runs{kind="pretrain",state="failed"} 1.0' in metrics
    assert 'labelstudio_rlhf_generation_runs{state="queued"} 1.0' in metrics
