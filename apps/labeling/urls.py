"""Pages of `labeling`."""

from django.urls import path

from .views import ahead, demonstrations, desk, history, room, tasks, work, writing

app_name = "labeling"
urlpatterns = [
    path("p/<slug:slug>/work/", work.work, name="work"),
    path("p/<slug:slug>/tasks/", tasks.tasks, name="tasks"),
    path("p/<slug:slug>/history/", history.history, name="history"),
    path("p/<slug:slug>/demonstrations/", demonstrations.demonstrations, name="demonstrations"),
    path("work/<uuid:uid>/", room.assignment, name="assignment"),
    path("work/<uuid:uid>/submit/", room.submit, name="submit"),
    path("work/<uuid:uid>/preview/", writing.preview, name="preview"),
    path("work/<uuid:uid>/ahead/", ahead.ahead, name="ahead"),
    path("work/<uuid:uid>/draft/", desk.draft, name="draft"),
    path("work/<uuid:uid>/heartbeat/", desk.heartbeat, name="heartbeat"),
    path("work/<uuid:uid>/skip/", desk.skip, name="skip"),
    path("work/<uuid:uid>/release/", desk.release, name="release"),
    path("work/<uuid:uid>/correct/", history.correct, name="correct"),
]
