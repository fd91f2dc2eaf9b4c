"""A labeler's own page: their work, and nothing of anybody else that could be read out of it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.feedback.services.questions import question_answer, question_ask
from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.projects.models import Membership
from apps.projects.services import guideline_acknowledge, guideline_publish, member_add
from apps.quality.domain.volunteers import questions_from, questions_text, still_offered
from apps.quality.models import Volunteered
from apps.quality.selectors import own
from apps.quality.selectors.own import days_of, kept_about, weeks_of, with_others
from apps.quality.selectors.volunteers import answers_of, groups_of
from apps.quality.services.agreement import agreement_refresh
from apps.quality.services.volunteers import answers_forget_gone, answers_give, answers_withdraw, questions_set
from tests.make import make_rank_task

AGE = "Age: under 40 | 40 or more"


@pytest.fixture(autouse=True)
def artifacts(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path


@pytest.fixture
def noon(monkeypatch):
    """Noon of today, which is the labeler's first day: midnight may pass while a test runs, and is nobody's business."""
    moment = timezone.now().replace(hour=12, minute=0)
    monkeypatch.setattr(own.timezone, "localdate", lambda: moment.date())
    return moment


def judge(member, tiers, seconds=0):
    assignment = assignment_claim(member=member, kind="rank")
    letters = dict(zip(assignment.display_order, "ABCDEFGHI", strict=False))
    body = {"tiers": {letters[place]: tier for place, tier in enumerate(tiers)}}
    judgment = judgment_submit(assignment=assignment, body=body).judgment
    Assignment.objects.filter(pk=assignment.pk).update(active_seconds=seconds)
    return judgment


def page_of(client, member, **data):
    client.force_login(member.user)
    address = reverse("quality:me", args=[member.project.slug])
    answer = client.post(address, data, follow=True) if data else client.get(address)
    return answer.content.decode()


def test_days_and_weeks_count_one_s_own_judgments_once(cast, noon):
    for _ in range(3):
        make_rank_task(cast.project, k=2, required=2)
    first = judge(cast.labeler, [1, 2], 1800)
    old = judge(cast.labeler, [1, 2], 3600)
    judge(cast.second_labeler, [1, 2], 999)
    letters = dict(zip(first.assignment.display_order, "AB", strict=True))
    judgment_correct(assignment=first.assignment, body={"tiers": {letters[0]: 2, letters[1]: 1}})
    Assignment.objects.filter(membership=cast.labeler).update(seen_at=noon)
    Assignment.objects.filter(pk=old.assignment_id).update(seen_at=noon - timedelta(days=3))
    cast.labeler.created_at = noon
    assert len(days_of(cast.labeler)) == 1  # the labeler came today
    cast.labeler.created_at -= timedelta(days=90)
    days = days_of(cast.labeler)
    assert len(days) == 14
    assert len(weeks_of(cast.labeler)) == 12
    assert [(one.judgments, one.hours) for one in (days[0], days[3])] == [(1, 0.5), (1, 1.0)]
    assert sum(one.judgments for one in weeks_of(cast.labeler)) == 2
    assert weeks_of(cast.labeler)[0].begins.weekday() == 0
    assert kept_about(cast.labeler).judgments == 2
    assert kept_about(cast.labeler).corrections == 1


def test_a_day_begins_where_the_labeler_is(cast):
    make_rank_task(cast.project, k=2)
    judge(cast.labeler, [1, 2], 60)
    moment = timezone.now()
    zone = "Pacific/Kiritimati" if moment.hour >= 10 else "Pacific/Pago_Pago"
    with timezone.override(zone):
        days = days_of(cast.labeler)
        assert days[0].begins == timezone.localdate() != moment.date()
        assert days[0].judgments == 1


def many_judgments(cast, people, tasks, tiers, own_tiers):
    others = [cast.second_labeler, cast.held_out_labeler]
    for number in range(people - len(others)):
        email = f"extra{number}@example.org"
        others.append(
            member_add(
                actor=cast.manager.user, project=cast.project, email=email, role="labeler", password="a good long one"
            )
        )
    for at in range(tasks):
        make_rank_task(cast.project, k=2, required=2, priority=1)
        judge(cast.labeler, own_tiers)
        judge(others[at % people], tiers)
    agreement_refresh(project=cast.project)


def test_agreement_needs_several_others_and_moves_in_steps(cast, monkeypatch):
    monkeypatch.setattr(own, "LEAST_TASKS", 6)
    many_judgments(cast, 2, 6, [1, 2], [1, 2])
    assert with_others(cast.labeler) is None
    many_judgments(cast, 3, 3, [2, 1], [1, 2])
    monkeypatch.setattr(own, "TENS", 4)
    found = with_others(cast.labeler)
    assert (found.others, found.tasks, found.alike) == (3, 8, 65)  # of 9, of which 6 are 66.7 %
    monkeypatch.setattr(own, "LEAST_TASKS", 10)
    assert with_others(cast.labeler) is None


def test_who_ties_where_others_do_not_is_told_so_kindly(cast, client, monkeypatch):
    monkeypatch.setattr(own, "LEAST_TASKS", 6)
    many_judgments(cast, 3, 6, [1, 2], [1, 1])
    found = with_others(cast.labeler)
    assert (found.own_ties, found.others_ties, found.ties) == (100, 0, "more")
    assert "You tie often where others do not" in page_of(client, cast.labeler)
    assert with_others(cast.second_labeler) is None  # met one person only


def test_nobody_else_is_on_the_page(cast, client, monkeypatch):
    monkeypatch.setattr(own, "LEAST_TASKS", 6)
    make_rank_task(cast.project, k=2, purpose="gold", priority=5)
    many_judgments(cast, 3, 6, [1, 2], [1, 2])
    page = page_of(client, cast.labeler)
    for other in (cast.second_labeler, cast.held_out_labeler, cast.manager):
        assert other.pseudonym not in page
        assert other.user.email not in page
    assert cast.labeler.pseudonym in page
    assert not re.search(r"\b(gold|retest|production|purpose|secret-model)\b", page)


def test_questions_and_guidelines_since(cast, client):
    guideline_publish(actor=cast.manager.user, project=cast.project, body="# One")
    guideline_acknowledge(member=cast.labeler, number=1)
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    asked = question_ask(assignment=assignment, body="Is a tie fine?").question
    question_answer(actor=cast.manager.user, question=asked, answer="Yes, freely.")
    guideline_publish(actor=cast.manager.user, project=cast.project, body="# Two", change="Ties are explained.")
    page = page_of(client, cast.labeler)
    assert "Yes, freely." in page
    assert "1 answer is new" in page
    assert "You last read version 1" in page
    assert "Ties are explained." in page


def test_files_of_days_and_weeks(cast, client):
    Membership.objects.filter(pk=cast.labeler.pk).update(created_at=timezone.now() - timedelta(days=90))
    client.force_login(cast.labeler.user)
    for span, rows in (("days", 14), ("weeks", 12)):
        file = client.get(reverse("quality:me-table", args=[cast.project.slug, span])).content.decode()
        assert file.splitlines()[0] == "begins,judgments,active_seconds"
        assert len(file.splitlines()) == rows + 1
    assert client.get(reverse("quality:me-table", args=[cast.project.slug, "years"])).status_code == 404


# --- what is volunteered --------------------------------------------------------------------------


def test_tell_change_withdraw(cast, client):
    questions_set(actor=cast.manager.user, project=cast.project, text=AGE)
    assert "I would rather not say" in page_of(client, cast.labeler)
    page_of(client, cast.labeler, do="tell", question="Age", answer="40 or more")
    assert answers_of(cast.labeler) == {"Age": "40 or more"}
    assert "Withdraw all of it" in page_of(client, cast.labeler)
    page_of(client, cast.labeler, do="withdraw", question="Age", answer="40 or more")
    assert not Volunteered.objects.exists()
    page_of(client, cast.labeler, do="tell", question="Age", answer="")
    assert not Volunteered.objects.exists()


@pytest.mark.parametrize("answers", [{"Age": "90"}, {"Shoe size": "40 or more"}])
def test_only_what_is_offered_is_kept(cast, client, answers):
    questions_set(actor=cast.manager.user, project=cast.project, text=AGE)
    with pytest.raises(RuleBroken):
        answers_give(member=cast.labeler, answers=answers)
    assert not Volunteered.objects.exists()


def test_small_groups_are_hidden_and_a_withdrawal_holds_at_once(cast, client):
    questions_set(actor=cast.manager.user, project=cast.project, text=AGE)
    members = [
        member_add(actor=cast.manager.user, project=cast.project, email=f"m{n}@example.org", role="labeler", password="a good long one")
        for n in range(10)
    ]  # fmt: skip
    for at, member in enumerate(members):
        answers_give(member=member, answers={"Age": "under 40" if at < 5 else "40 or more"})
    (found,) = groups_of(cast.project)
    assert dict(found.answers) == {"under 40": 5, "40 or more": 5}
    client.force_login(cast.researcher.user)
    address = reverse("quality:bias-table", args=[cast.project.slug, "groups"])
    assert "Age,under 40,5" in client.get(address).content.decode()
    answers_withdraw(member=members[0])
    (found,) = groups_of(cast.project)
    assert dict(found.answers) == {"under 40": None, "40 or more": None}  # one alone would give the other away
    assert ",5" not in client.get(address).content.decode()


def test_rewording_a_question_forgets_its_answers(cast):
    questions_set(actor=cast.manager.user, project=cast.project, text=f"{AGE}\nHand: left | right")
    answers_give(member=cast.labeler, answers={"Age": "under 40", "Hand": "left"})
    questions_set(actor=cast.manager.user, project=cast.project, text="Age: under 30 | 30 or more\nHand: left | right")
    assert answers_of(cast.labeler) == {"Hand": "left"}
    questions_set(actor=cast.manager.user, project=cast.project, text="")
    assert not Volunteered.objects.exists()


def test_who_may_not_judge_any_more_is_forgotten(cast):
    questions_set(actor=cast.manager.user, project=cast.project, text=AGE)
    for member in (cast.labeler, cast.second_labeler):
        answers_give(member=member, answers={"Age": "under 40"})
    Membership.objects.filter(pk=cast.second_labeler.pk).update(status="suspended")
    answers_forget_gone()
    assert [told.membership for told in Volunteered.objects.all()] == [cast.labeler]


def test_the_audit_knows_questions_and_no_answers(cast):
    questions_set(actor=cast.manager.user, project=cast.project, text=AGE)
    answers_give(member=cast.labeler, answers={"Age": "under 40"})
    answers_withdraw(member=cast.labeler)
    entries = AuditEntry.objects.filter(verb__contains="volunteer")
    assert [entry.actor_id for entry in entries] == [cast.manager.user.pk]


def test_the_manager_s_page_refuses_and_keeps_what_was_typed(cast, client):
    client.force_login(cast.manager.user)
    address = reverse("quality:volunteer-questions", args=[cast.project.slug])
    answer = client.post(address, {"questions": "Age 40"})
    assert answer.status_code == 422
    assert "line 1" in answer.content.decode()
    assert "Age 40" in answer.content.decode()
    assert client.post(address, {"questions": AGE}).status_code == 303
    assert AGE in client.get(address).content.decode()


@pytest.mark.parametrize(
    "text", ["Age", "Age:", "Age: one", ": a | b", "Age: a | a", "Age: a | b\nAge: c | d", f"Age: a | {'x' * 81}", "A\x00: a | b"]
)  # fmt: skip
def test_lines_that_are_no_questions(text):
    with pytest.raises(ValueError, match=r"^line "):
        questions_from(text)


def test_questions_are_read_back_as_they_were_written():
    text = "Age: under 40 | 40 or more\nFirst language: Español | English | another: which is not listed"
    assert questions_text(questions_from(text)) == text
    assert still_offered({"Age": "under 40", "x": "y"}, questions_from(text)) == {"Age": "under 40"}
