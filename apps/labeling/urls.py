"""Pages of `labeling`."""

from django.urls import path

from . import views

app_name = "labeling"
urlpatterns = [
    path("p/<slug:slug>/work/", views.work, name="work"),
    path("p/<slug:slug>/history/", views.history, name="history"),
    path("work/<uuid:uid>/", views.assignment, name="assignment"),
    path("work/<uuid:uid>/submit/", views.submit, name="submit"),
    path("work/<uuid:uid>/preview/", views.preview, name="preview"),
    path("work/<uuid:uid>/draft/", views.draft, name="draft"),
    path("work/<uuid:uid>/heartbeat/", views.heartbeat, name="heartbeat"),
    path("work/<uuid:uid>/skip/", views.skip, name="skip"),
    path("work/<uuid:uid>/release/", views.release, name="release"),
    path("work/<uuid:uid>/correct/", views.correct, name="correct"),
]
