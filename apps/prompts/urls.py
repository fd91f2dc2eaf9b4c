"""Pages of `prompts`."""

from django.urls import path

from . import views

app_name = "prompts"
urlpatterns = [path("p/<slug:slug>/write-prompt/", views.write, name="write")]
