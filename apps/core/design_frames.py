"""Classes that hold other things or say how they stand: the design page tells them in words."""

from django.utils.translation import gettext_lazy as _

FRAMES = {
    "answer": _("the project's answer inside an exchange"),
    "as-written": _("mathematics that was not understood, as it was written"),
    "count": _("a number beside the name of a tab"),
    "demo-banner": _("says above each page of a demo that it is one"),
    "document": _("a guideline"),
    "document-page": _("a page that is one document"),
    "exchange": _("a question and its answer"),
    "exchanges": _("questions and answers of one task"),
    "feedback": _("where a labeler asks or reports"),
    "feedback-body": _("the forms of it"),
    "fold": _("the words of an open fold"),
    "formula": _("a formula on a line of its own"),
    "gist": _("the first words of a text, on its card"),
    "inline": _("a formula too long for its line"),
    "js": _("on the page itself, once scripts run"),
    "landing": _("the page before signing in"),
    "links": _("a list of nothing but links"),
    "menu": _("a list that opens under a name"),
    "menu-body": _("what opens"),
    "messages": _("where messages appear"),
    "narrow": _("a sheet for one short form"),
    "project-list": _("projects as sheets side by side"),
    "project-name": _("the project's name among its pages"),
    "project-nav": _("the pages of a project; scrolls by itself on a phone"),
    "queues": _("kinds of work as sheets side by side"),
    "site-footer": _("the foot of every page but the labeling room"),
    "site-header": _("the head of every page"),
    "site-tools": _("colours and account, at the far end of the head"),
    "skip-link": _("the first thing Tab reaches"),
    "tabs": _("views of one list"),
    "theme-toggle": _("automatic, light or dark"),
    "unfold": _("the words of a closed fold"),
    "veil": _("asks before covered texts are shown"),
    "veil-choices": _("its two answers"),
    "version": _("one version of a guideline among others"),
    "visually-hidden": _("for those who hear the page"),
    "wide": _("a page that needs the whole window"),
    "with-scripts": _("what would do nothing without scripts"),
    "wordmark": _("the name of the installation"),
    "words": _("words of a person, with their line breaks"),
    **{
        name: _("columns and lines inside a formula")
        for name in (
            "m-far", "m-left", "m-line-left", "m-line-right", "m-line-top", "m-right", "m-spring", "m-tight-left",
            "m-tight-right", "m-whole", "menclose-downdiagonalstrike", "menclose-updiagonalstrike",
        )
    },
}  # fmt: skip
