"""Retiring a model, taking it back, and its licence learned later."""

import pytest

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, RuleBroken
from apps.training.models import RetrainPolicy
from apps.training.services.launch import training_launch
from apps.training.services.upkeep import model_licence_set, model_restore, model_retire
from tests.training.rows import a_generation, a_loop, a_model, a_run, a_snapshot


def verbs():
    return list(AuditEntry.objects.filter(verb__startswith="model.").order_by("id").values_list("verb", flat=True))


def test_a_retired_model_is_read_by_no_new_run_and_may_come_back(cast):
    actor, base = cast.researcher.user, a_model(cast.project)
    asked = {
        "actor": actor, "project": cast.project, "kind": "sft", "spec": {}, "parent_model": base,
        "snapshot": a_snapshot(cast.project, "demonstrations"),
    }  # fmt: skip
    for _ in range(2):  # the second does nothing
        assert model_retire(actor=actor, model=base).state == "retired"
    base.refresh_from_db()
    with pytest.raises(RuleBroken, match="is retired, not ready"):
        training_launch(**asked)
    for _ in range(2):
        assert model_restore(actor=actor, model=base).state == "ready"
    assert verbs() == ["model.retired", "model.restored"]
    base.refresh_from_db()
    with pytest.raises(RuleBroken, match="none of its demonstrations"):  # the next rule: the model is taken again
        training_launch(**asked)


@pytest.mark.parametrize("reader", ["parent", "reward", "previous", "generation", "loop", "policy"])
def test_what_is_being_read_is_not_retired(cast, reader):
    model = a_model(
        cast.project, {"reward": "reward", "previous": "reward", "generation": "policy"}.get(reader, "base")
    )
    match reader:
        case "parent":
            a_run(cast.project, "sft", parent_model=model)
        case "reward":
            a_run(cast.project, "ppo", "running", reward_model=model)
        case "previous":
            a_run(cast.project, "reward", previous_model=model)
        case "generation":
            a_generation(cast.project, model_version=model)
        case "loop":
            a_loop(cast.project, base_model=model)
        case "policy":
            RetrainPolicy.objects.create(project=cast.project, base_model=model, enabled=True, every_hours=2)
    with pytest.raises(Conflict) as refused:
        model_retire(actor=cast.researcher.user, model=model)
    assert refused.value.code == "model_in_use"
    model.refresh_from_db()
    assert (model.state, verbs()) == ("ready", [])


def test_what_is_done_keeps_no_model_from_retiring(cast):
    model = a_model(cast.project)
    a_run(cast.project, "sft", "done", parent_model=model)
    a_loop(cast.project, "done", base_model=model)
    assert model_retire(actor=cast.researcher.user, model=model).state == "retired"


def test_a_shared_base_is_changed_by_none_of_its_projects(cast):
    shared = a_model(None)
    for verb in (model_retire, model_restore):
        with pytest.raises(RuleBroken, match="projects share this base"):
            verb(actor=cast.researcher.user, model=shared)
    with pytest.raises(RuleBroken, match="projects share this base"):
        model_licence_set(actor=cast.researcher.user, model=shared, licence="mit")


@pytest.mark.parametrize(("state", "verb"), [("registered", model_retire), ("registered", model_restore)])
def test_what_is_not_ready_is_neither_retired_nor_restored(cast, state, verb):
    with pytest.raises(RuleBroken, match=r"^state: "):
        verb(actor=cast.researcher.user, model=a_model(cast.project, state=state))


def test_a_licence_may_be_learned_while_files_are_being_read(cast):
    model = a_model(cast.project, state="registered")
    assert model_licence_set(actor=cast.researcher.user, model=model, licence="mit").licence == "mit"


def test_a_licence_is_learned_later_and_children_keep_theirs(cast):
    parent = a_model(cast.project, licence="unknown")
    child = a_model(cast.project, "sft", parent=parent)
    for _ in range(2):
        model_licence_set(actor=cast.researcher.user, model=parent, licence=" mit ")
    child.refresh_from_db()
    parent.refresh_from_db()
    assert (parent.licence, child.licence) == ("mit", "unknown")
    (entry,) = AuditEntry.objects.filter(verb="model.licence")
    assert entry.data == {"before": "unknown", "after": "mit"}
