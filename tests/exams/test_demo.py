"""The demo's exam is a whole one, and its candidate has it before them."""

from apps.demo import content
from apps.demo.services import PEOPLE
from apps.projects.models import Membership
from apps.screening.domain.exam import DEMONSTRATIONS, PARTS, exam_of
from apps.screening.domain.new_exam import clean_exam, refuse_unfinished
from apps.screening.services.attempts import attempt_begin, attempt_submit
from tests.exams.make import publish, sit


def test_it_has_every_part_and_can_be_published():
    exam = exam_of(clean_exam(content.exam()))
    refuse_unfinished(exam)
    assert all(exam.of(part) for part in PARTS)
    assert len(exam.practice) >= exam.rule.last > 0
    assert any(item.sensitive for item in exam.of(DEMONSTRATIONS))


def test_somebody_of_the_demo_sits_it():
    assert [person.email for person in PEOPLE if person.status == Membership.Status.QUALIFYING] == ["candidate@demo.local"]  # fmt: skip


def test_answered_as_its_researchers_did_it_can_be_handed_in(cast, candidate):
    publish(cast.researcher, content.exam())
    assert attempt_begin(member=candidate).exam.number == 1
    assert not attempt_submit(attempt=sit(candidate)).new
