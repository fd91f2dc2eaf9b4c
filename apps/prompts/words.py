"""What stored words are called on pages, for translators."""

from django.utils.translation import gettext_lazy as _

USE_CASE_NAMES = {
    "generation": _("Generation"),
    "open_qa": _("Open question"),
    "brainstorming": _("Brainstorming"),
    "chat": _("Chat"),
    "rewrite": _("Rewrite"),
    "summarization": _("Summary"),
    "classification": _("Classification"),
    "other": _("Something else"),
    "closed_qa": _("Closed question"),
    "extract": _("Extract"),
}
# The same, to choose from.
USE_CASE_CHOICES = {
    "generation": _("Generation: write something new"),
    "open_qa": _("Open question: answered from general knowledge"),
    "brainstorming": _("Brainstorming: ideas for something"),
    "chat": _("Chat: a talk with the assistant"),
    "rewrite": _("Rewrite: say the same in another way"),
    "summarization": _("Summary of a given text"),
    "classification": _("Classification: which kind is this?"),
    "closed_qa": _("Closed question: answered from the sources"),
    "extract": _("Extract: find what a given text says about something"),
    "other": _("Something else"),
}
