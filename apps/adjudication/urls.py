"""Pages of adjudication."""

from django.urls import path

from . import views

app_name = "adjudication"
urlpatterns = [
    path("p/<slug:slug>/adjudication/", views.queue, name="queue"),
    path("p/<slug:slug>/adjudication/queue.csv", views.queue_file, name="queue-file"),
    path("p/<slug:slug>/adjudication/rules/", views.rules, name="rules"),
    path("p/<slug:slug>/adjudication/more/", views.more, name="more"),
    path("p/<slug:slug>/adjudication/<uuid:uid>/", views.sheet, name="sheet"),
]
