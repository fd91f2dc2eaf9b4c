"""Every URL of the REST API (contract: `/api/v1/`), by app."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

v1: list[URLPattern | URLResolver] = [
    # accounts, projects, prompts, labeling
    # imports
    # datasets
]

app_name = "api"
urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
]
