"""Pages of screening: `exam` is the candidate's, `screening` is for those who make it and decide."""

from django.urls import path

from .views import candidate, exams, results

app_name = "screening"
urlpatterns = [
    path("p/<slug:slug>/exam/", candidate.exam, name="exam"),
    path("p/<slug:slug>/exam/practice/", candidate.practice, name="practice"),
    path("p/<slug:slug>/exam/items/<slug:item>/", candidate.item, name="item"),
    path("p/<slug:slug>/exam/submit/", candidate.submit, name="submit"),
    path("p/<slug:slug>/screening/", results.results, name="results"),
    path("p/<slug:slug>/screening/candidates.csv", results.results_file, name="results-file"),
    path("p/<slug:slug>/screening/candidates/<uuid:uid>/", results.candidate, name="candidate"),
    path("p/<slug:slug>/screening/candidates/<uuid:uid>/answers.csv", results.answers_file, name="candidate-answers"),
    path("p/<slug:slug>/screening/grading/", results.grading, name="grading"),
    path("p/<slug:slug>/screening/exams/", exams.exams, name="exams"),
    path("p/<slug:slug>/screening/exams/<int:number>/", exams.version, name="exam-version"),
    path("p/<slug:slug>/screening/draft/", exams.draft, name="draft"),
    path("p/<slug:slug>/screening/draft/items/<slug:item>/", exams.draft_item, name="draft-item"),
]
