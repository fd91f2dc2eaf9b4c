"""The screen that answers whether one can train."""

from django.urls import path

from . import views

app_name = "readiness"
urlpatterns = [
    path("p/<slug:slug>/readiness/", views.readiness_page, name="readiness"),
    path("p/<slug:slug>/readiness/checks.csv", views.readiness_file, name="readiness-file"),
]
