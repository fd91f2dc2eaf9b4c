"""Readiness, metrics, and the operations page."""

from django.urls import path

from . import views

app_name = "operations"
urlpatterns = [
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("p/<slug:slug>/operations/", views.operations, name="operations"),
    path("p/<slug:slug>/operations/workers/", views.workers, name="workers"),
]
