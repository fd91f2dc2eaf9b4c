"""Pages of `projects`."""

from django.urls import path

from . import audit_views, guideline_views, schema_views, settings_views, views

app_name = "projects"
urlpatterns = [
    path("", views.home, name="home"),
    path("projects/new/", views.project_new, name="new"),
    path("p/<slug:slug>/", views.overview, name="overview"),
    path("p/<slug:slug>/guideline/", guideline_views.guideline, name="guideline"),
    path("p/<slug:slug>/guideline/changes/", guideline_views.changes, name="guideline-changes"),
    path("p/<slug:slug>/guideline/<int:number>/", guideline_views.version, name="guideline-version"),
    path("p/<slug:slug>/guideline/<int:number>/acknowledge/", guideline_views.acknowledge, name="acknowledge"),
    path("p/<slug:slug>/guidelines/", guideline_views.guidelines, name="guidelines"),
    path("p/<slug:slug>/guidelines/next/", guideline_views.write, name="guideline-write"),
    path("p/<slug:slug>/schemas/", schema_views.schemas, name="schemas"),
    path("p/<slug:slug>/members/", views.members, name="members"),
    path("p/<slug:slug>/audit/", audit_views.audit, name="audit"),
    path("p/<slug:slug>/settings/", settings_views.settings, name="settings"),
    path("p/<slug:slug>/members/<uuid:uid>/change/", settings_views.member_change, name="member-change"),
    path("p/<slug:slug>/members/<uuid:uid>/status/", views.member_status, name="member-status"),
]
