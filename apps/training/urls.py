"""Pages of training: the loop, its runs, its models."""

from django.urls import path

from .views import candidates, loops, model_verbs, models, overview, runs

app_name = "training"
RUN = {"page": "training:run"}
GENERATION = {"page": "training:generation"}
urlpatterns = [
    path("p/<slug:slug>/training/", overview.overview, name="overview"),
    path("p/<slug:slug>/training/workers/", overview.workers, name="workers"),
    path("p/<slug:slug>/training/policy/", overview.policy, name="policy"),
    path("p/<slug:slug>/training/loops/", overview.loop_begin, name="loop-begin"),
    path("p/<slug:slug>/training/loops/<uuid:uid>/", loops.loop, name="loop"),
    path("p/<slug:slug>/training/loops/<uuid:uid>/cancel/", loops.cancel, name="loop-cancel"),
    path("p/<slug:slug>/training/loops/<uuid:uid>/resume/", loops.resume, name="loop-resume"),
    path("p/<slug:slug>/training/candidates/", candidates.candidate_sets, name="candidate-sets"),
    path("p/<slug:slug>/training/candidates/<uuid:uid>/", candidates.candidate_set, name="candidate-set"),
    path("p/<slug:slug>/training/candidates/<uuid:uid>/cancel/", candidates.cancel, name="candidate-set-cancel"),
    path("p/<slug:slug>/training/candidates/<uuid:uid>/resume/", candidates.resume, name="candidate-set-resume"),
    path("p/<slug:slug>/training/start/<str:kind>/", runs.launch, name="launch"),
    path("p/<slug:slug>/training/runs/<uuid:uid>/", runs.run, name="run"),
    path("p/<slug:slug>/training/runs/<uuid:uid>/cancel/", runs.cancel, RUN, name="run-cancel"),
    path("p/<slug:slug>/training/runs/<uuid:uid>/resume/", runs.resume, RUN, name="run-resume"),
    path("p/<slug:slug>/training/generations/<uuid:uid>/", runs.generation, name="generation"),
    path("p/<slug:slug>/training/generations/<uuid:uid>/cancel/", runs.cancel, GENERATION, name="generation-cancel"),
    path("p/<slug:slug>/training/generations/<uuid:uid>/resume/", runs.resume, GENERATION, name="generation-resume"),
    path("p/<slug:slug>/training/models/", models.models, name="models"),
    path("p/<slug:slug>/training/models/compare/", models.compare, name="compare"),
    path("p/<slug:slug>/training/models/family/", models.family, name="family"),
    path("p/<slug:slug>/training/models/<uuid:uid>/", models.model, name="model"),
    path("p/<slug:slug>/training/models/<uuid:uid>/retire/", model_verbs.retire, name="model-retire"),
    path("p/<slug:slug>/training/models/<uuid:uid>/restore/", model_verbs.restore, name="model-restore"),
    path("p/<slug:slug>/training/models/<uuid:uid>/licence/", model_verbs.licence, name="model-licence"),
]
