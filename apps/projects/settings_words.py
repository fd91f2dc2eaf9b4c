"""What a project's settings mean, in sentences for managers."""

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Project


def settings_in_words(project: Project) -> list[str]:
    """What happens to a new task, and to whoever works, as the settings are."""
    return [_tasks(project), *_quotas(project), _languages(project), *_checks(project)]


def _tasks(project: Project) -> str:
    usual, many, share = project.judgments_per_task, project.overlap_judgments, project.overlap_share
    once = ngettext("A new task is judged by %(n)d labeler.", "A new task is judged by %(n)d labelers.", usual)
    sentence = once % {"n": usual}
    if not share:
        return (
            f"{sentence} {_('There is no overlap sample, so agreement can only be measured where tasks get several.')}"
        )
    if many <= usual:
        return f"{sentence} {_('The overlap sample adds nothing to that: it asks for no more labelers.')}"
    exact = Fraction(repr(share))
    sample = _(
        "Of each use case %(drawn)s are drawn for %(many)d labelers: so 1,000 new tasks take about %(all)s judgments."
    )
    return f"{sentence} " + sample % {
        "drawn": _one_in(exact),
        "many": many,
        "all": f"{round(1000 * (usual + exact * (many - usual))):,}",
    }


def _one_in(share: Fraction) -> str:
    """`1 in 10`, where the share is that; else percent."""
    if share == 1:
        return _("all")
    if share.numerator == 1:
        return _("1 in %(n)d") % {"n": share.denominator}
    return _("%(percent)s %%") % {"percent": f"{float(share * 100):g}"}


def _quotas(project: Project) -> list[str]:
    sentences = []
    if (most := project.labeler_quota) is not None:
        sentences.append(
            ngettext("Nobody gives more than %(n)s judgment in all.", "Nobody gives more than %(n)s judgments in all.", most)
            % {"n": f"{most:,}"}
        )  # fmt: skip
    if (most := project.labeler_daily_quota) is not None:
        sentences.append(
            ngettext(
                "Nobody gives more than %(n)s judgment a day; the day begins at 00:00 UTC.",
                "Nobody gives more than %(n)s judgments a day; the day begins at 00:00 UTC.",
                most,
            )
            % {"n": f"{most:,}"}
        )
    return sentences or [_("There is no limit to how much one labeler does.")]


def _languages(project: Project) -> str:
    if project.reserve_languages:
        return _("A new task whose prompt names its language goes only to labelers with that language as a skill, like language:es.")  # fmt: skip
    return _("The language of a prompt keeps nobody from its tasks.")


def _checks(project: Project) -> list[str]:
    """What is mixed into the work to see how well it is done."""
    sentences = []
    if project.gold_rate:
        sentences.append(
            _("%(share)s of a labeler's judgments are on gold, rankings whose answer is known.")
            % {"share": _one_in(Fraction(repr(project.gold_rate))).capitalize()}
        )
    if project.retest_rate:
        sentences.append(
            _("%(share)s of a labeler's judgments repeat one of their own, %(judgments)s judgments and %(hours)s later at the soonest.")
            % {"share": _one_in(Fraction(repr(project.retest_rate))).capitalize(),
               "judgments": f"{project.retest_after_judgments:,}", "hours": _hours(project.retest_after_hours)}
        )  # fmt: skip
    return sentences or [_("No gold and no silent retests are mixed into the work.")]


def _hours(count: int) -> str:
    return ngettext("%(n)s hour", "%(n)s hours", count) % {"n": f"{count:,}"}
