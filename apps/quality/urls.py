"""Pages on how far a project's data can be trusted."""

from django.urls import path

from . import views

app_name = "quality"
urlpatterns = [
    path("p/<slug:slug>/agreement/", views.agreement, name="agreement"),
    path("p/<slug:slug>/agreement/<slug:table>.csv", views.agreement_table, name="agreement-table"),
]
