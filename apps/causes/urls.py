"""Pages on why labelers disagree."""

from django.urls import path

from . import views

app_name = "causes"
urlpatterns = [
    path("p/<slug:slug>/disagreement/", views.disagreement, name="disagreement"),
    path("p/<slug:slug>/disagreement/<slug:cause_table>.csv", views.disagreement_table, name="disagreement-table"),
]
