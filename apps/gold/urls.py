"""Pages on gold and silent retests."""

from django.urls import path

from .views import items, labelers

app_name = "gold"
urlpatterns = [
    path("p/<slug:slug>/gold/", items.items, name="items"),
    path("p/<slug:slug>/gold/new/", items.new, name="new"),
    path("p/<slug:slug>/gold/items/<uuid:uid>/", items.item, name="item"),
    path("p/<slug:slug>/gold/items/<uuid:uid>/retire/", items.retire, name="retire"),
    path("p/<slug:slug>/gold/labelers/", labelers.labelers, name="labelers"),
    path("p/<slug:slug>/gold/labelers/<uuid:uid>/", labelers.labeler, name="labeler"),
    path("p/<slug:slug>/gold/over-time/<slug:over>.csv", labelers.over_time, name="over-time"),
    path("p/<slug:slug>/gold/answers.csv", items.answers, name="answers"),
    path("p/<slug:slug>/gold/<slug:sheet>.csv", items.table, name="table"),
]
