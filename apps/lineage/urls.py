"""Pages that follow a prompt, and what was learned from it, through the house."""

from django.urls import path

from . import trace_views, views

app_name = "lineage"
urlpatterns = [
    path("p/<slug:slug>/prompts/", views.prompts, name="prompts"),
    path("p/<slug:slug>/prompts/<uuid:uid>/", views.prompt, name="prompt"),
    path("p/<slug:slug>/trace/", trace_views.trace, name="trace"),
    path("p/<slug:slug>/trace/<uuid:uid>/", trace_views.traced, name="traced"),
    path("p/<slug:slug>/snapshots/<uuid:uid>/records/", views.records, name="records"),
]
