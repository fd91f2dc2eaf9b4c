"""Every URL of the installation: pages by app, the API in `api_urls`."""

from django.contrib import admin
from django.urls import include, path

from apps.core.views import design, healthz

handler400 = "apps.core.handlers.handler400"
handler403 = "apps.core.handlers.handler403"
handler404 = "apps.core.handlers.handler404"
handler500 = "apps.core.handlers.handler500"

urlpatterns = [
    path("api/", include("labelstudio_rlhf.api_urls")),  # first: programs call it all day
    path("", include("apps.accounts.urls")),
    path("", include("apps.projects.urls")),
    path("", include("apps.prompts.urls")),
    path("", include("apps.labeling.urls")),
    path("", include("apps.feedback.urls")),
    path("", include("apps.imports.urls")),
    path("", include("apps.quality.urls")),
    path("", include("apps.gold.urls")),
    path("", include("apps.adjudication.urls")),
    path("", include("apps.causes.urls")),
    path("", include("apps.screening.urls")),
    path("", include("apps.datasets.urls")),
    path("", include("apps.training.urls")),
    path("", include("apps.lineage.urls")),
    path("", include("apps.readiness.urls")),
    path("", include("apps.operations.urls")),
    path("admin/", admin.site.urls),
    path("design/", design, name="design"),
    path("healthz", healthz, name="healthz"),
]
