"""Pages of snapshots. Their files come from the API's address, which reads the session too."""

from django.urls import path

from . import views

app_name = "datasets"
urlpatterns = [
    path("p/<slug:slug>/snapshots/", views.snapshots, name="snapshots"),
    path("p/<slug:slug>/snapshots/<uuid:uid>/", views.snapshot, name="snapshot"),
    path("p/<slug:slug>/snapshots/<uuid:uid>/files/", views.snapshot_file, name="snapshot-file"),
]
