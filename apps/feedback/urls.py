"""Pages of feedback."""

from django.urls import path

from .views import guideline, manager, task

app_name = "feedback"
urlpatterns = [
    path("work/<uuid:uid>/feedback/", task.task, name="task"),
    path("work/<uuid:uid>/ask/", task.ask, name="ask"),
    path("work/<uuid:uid>/report/", task.report, name="tell"),
    path("work/<uuid:uid>/guideline/", guideline.guideline, name="guideline"),
    path("work/<uuid:uid>/guideline/ask/", guideline.ask_rule, name="ask-rule"),
    path("p/<slug:slug>/questions/", task.questions, name="questions"),
    path("p/<slug:slug>/feedback/", manager.feedback, name="feedback"),
    path("p/<slug:slug>/feedback/skipped.csv", manager.skipped_file, name="skipped-file"),
    path("p/<slug:slug>/feedback/questions/<uuid:uid>/", manager.question, name="question"),
    path("p/<slug:slug>/feedback/questions/<uuid:uid>/shown/", manager.question_shown, name="question-shown"),
    path("p/<slug:slug>/feedback/reports/<uuid:uid>/", manager.report, name="report"),
]
