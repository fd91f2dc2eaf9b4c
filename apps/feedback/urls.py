"""Pages of feedback."""

from django.urls import path

from .views import manager, task

app_name = "feedback"
urlpatterns = [
    path("work/<uuid:uid>/feedback/", task.task, name="task"),
    path("work/<uuid:uid>/ask/", task.ask, name="ask"),
    path("work/<uuid:uid>/report/", task.report, name="tell"),
    path("p/<slug:slug>/questions/", task.questions, name="questions"),
    path("p/<slug:slug>/feedback/", manager.feedback, name="feedback"),
    path("p/<slug:slug>/feedback/questions/<uuid:uid>/", manager.question, name="question"),
    path("p/<slug:slug>/feedback/reports/<uuid:uid>/", manager.report, name="report"),
]
