"""Pages of imports."""

from django.urls import path

from . import views

app_name = "imports"
urlpatterns = [
    path("p/<slug:slug>/imports/", views.imports, name="imports"),
    path("p/<slug:slug>/imports/<uuid:uid>/", views.one_import, name="import"),
]
