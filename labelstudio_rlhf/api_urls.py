"""Every URL of the REST API (contract: `/api/v1/`), by app."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.accounts import api as accounts
from apps.adjudication import api as adjudication
from apps.causes import api as causes
from apps.core.api import NothingHere
from apps.datasets import api as datasets
from apps.feedback import api as feedback
from apps.gold.api import GoldAnswersView, GoldRetireView, GoldScoresView, GoldView
from apps.imports import api as imports
from apps.labeling import api as labeling
from apps.labeling import hot_api as hot
from apps.labeling.demonstrations_api import DemonstrationsView
from apps.labeling.lists_api import JudgmentsView
from apps.labeling.tasks_api import TasksView
from apps.lineage import api as lineage
from apps.projects import api as projects
from apps.projects import guideline_api as guidelines
from apps.projects import schema_api as schemas
from apps.projects.audit_api import AuditView
from apps.prompts import api as prompts
from apps.quality.agreement.api import AgreementView
from apps.quality.bias.api import BiasView
from apps.quality.pay.api import PayView
from apps.readiness.api import ReadinessView
from apps.screening import api as screening
from apps.screening import candidate_api as candidate
from apps.training.api import candidates, comparison, loops, model_files, models, runs

v1: list[URLPattern | URLResolver] = [
    # what is called all day is found first
    path("projects/<slug:slug>/assignments/", hot.ClaimView.as_view(), name="claim"),
    path("assignments/<uuid:uid>/submit/", hot.SubmitView.as_view(), name="submit"),
    path("auth/token/", accounts.TokenView.as_view(), name="token"),
    path("projects/", projects.ProjectsView.as_view(), name="projects"),
    path("projects/<slug:slug>/", projects.ProjectView.as_view(), name="project"),
    path("projects/<slug:slug>/members/", projects.MembersView.as_view(), name="members"),
    path("projects/<slug:slug>/members/<uuid:uid>/", projects.MemberView.as_view(), name="member"),
    path("projects/<slug:slug>/guidelines/", guidelines.GuidelinesView.as_view(), name="guidelines"),
    path("projects/<slug:slug>/guidelines/<int:number>/", guidelines.GuidelineView.as_view(), name="guideline"),
    path(
        "projects/<slug:slug>/guidelines/<int:number>/acknowledgement/",
        guidelines.AcknowledgementView.as_view(),
        name="acknowledgement",
    ),
    path(
        "projects/<slug:slug>/guidelines/<int:number>/changes/",
        guidelines.GuidelineChangesView.as_view(),
        name="guideline-changes",
    ),
    path("projects/<slug:slug>/schemas/", schemas.SchemasView.as_view(), name="schemas"),
    path("projects/<slug:slug>/schemas/<int:number>/", schemas.SchemaView.as_view(), name="schema"),
    path("projects/<slug:slug>/audit/", AuditView.as_view(), name="audit"),
    path("projects/<slug:slug>/prompts/", prompts.PromptsView.as_view(), name="prompts"),
    path("projects/<slug:slug>/prompts/<uuid:uid>/", prompts.PromptView.as_view(), name="prompt"),
    path(
        "projects/<slug:slug>/prompts/<uuid:uid>/completions/",
        prompts.CompletionsView.as_view(),
        name="prompt-completions",
    ),
    path("projects/<slug:slug>/lineage/", lineage.LineageView.as_view(), name="lineage"),
    path("judgments/<uuid:uid>/lineage/", lineage.JudgmentLineageView.as_view(), name="judgment-lineage"),
    path("projects/<slug:slug>/judgments/", JudgmentsView.as_view(), name="judgments"),
    path("projects/<slug:slug>/tasks/", TasksView.as_view(), name="tasks"),
    path("projects/<slug:slug>/demonstrations/", DemonstrationsView.as_view(), name="demonstrations"),
    path("projects/<slug:slug>/queue/", labeling.QueueView.as_view(), name="queue"),
    path("assignments/<uuid:uid>/", hot.AssignmentView.as_view(), name="assignment"),
    path("assignments/<uuid:uid>/draft/", labeling.DraftView.as_view(), name="draft"),
    path("assignments/<uuid:uid>/heartbeat/", labeling.HeartbeatView.as_view(), name="heartbeat"),
    path("assignments/<uuid:uid>/skip/", labeling.SkipView.as_view(), name="skip"),
    path("assignments/<uuid:uid>/release/", labeling.ReleaseView.as_view(), name="release"),
    path("assignments/<uuid:uid>/corrections/", labeling.CorrectionView.as_view(), name="corrections"),
    # feedback
    path("assignments/<uuid:uid>/reports/", feedback.AssignmentReportsView.as_view(), name="assignment-reports"),
    path("assignments/<uuid:uid>/questions/", feedback.AssignmentQuestionsView.as_view(), name="assignment-questions"),
    path("projects/<slug:slug>/questions/", feedback.QuestionsView.as_view(), name="questions"),
    path(
        "projects/<slug:slug>/questions/<uuid:uid>/answer/",
        feedback.QuestionAnswerView.as_view(),
        name="question-answer",
    ),
    path(
        "projects/<slug:slug>/questions/<uuid:uid>/shown/", feedback.QuestionShownView.as_view(), name="question-shown"
    ),
    path(
        "projects/<slug:slug>/guidelines/<int:number>/answers/",
        feedback.GuidelineAnswersView.as_view(),
        name="guideline-answers",
    ),
    path("projects/<slug:slug>/reports/", feedback.ReportsView.as_view(), name="reports"),
    path("projects/<slug:slug>/reports/<uuid:uid>/close/", feedback.ReportCloseView.as_view(), name="report-close"),
    path("projects/<slug:slug>/skips/", feedback.SkipsView.as_view(), name="skips"),
    # quality
    path("projects/<slug:slug>/agreement/", AgreementView.as_view(), name="agreement"),
    path("projects/<slug:slug>/bias/", BiasView.as_view(), name="bias"),
    path("projects/<slug:slug>/pay/", PayView.as_view(), name="pay"),
    path("projects/<slug:slug>/readiness/", ReadinessView.as_view(), name="readiness"),
    # adjudication
    path("projects/<slug:slug>/adjudication/", adjudication.AdjudicationView.as_view(), name="adjudication"),
    path("projects/<slug:slug>/adjudication/rules/", adjudication.RulesView.as_view(), name="adjudication-rules"),
    path("projects/<slug:slug>/adjudication/more/", adjudication.MoreView.as_view(), name="adjudication-more"),
    path("projects/<slug:slug>/adjudication/<uuid:uid>/", adjudication.SheetView.as_view(), name="adjudication-sheet"),
    path(
        "projects/<slug:slug>/adjudication/<uuid:uid>/resolution/",
        adjudication.ResolutionView.as_view(),
        name="adjudication-resolve",
    ),
    path("projects/<slug:slug>/resolutions/", adjudication.ResolutionsView.as_view(), name="resolutions"),
    # screening
    path("projects/<slug:slug>/exams/", screening.ExamsView.as_view(), name="exams"),
    path("projects/<slug:slug>/exams/<int:number>/", screening.ExamView.as_view(), name="exam"),
    path("projects/<slug:slug>/exams/<int:number>/publish/", screening.ExamPublishView.as_view(), name="exam-publish"),
    path("projects/<slug:slug>/exams/candidates/", screening.CandidatesView.as_view(), name="exam-candidates"),
    path("projects/<slug:slug>/exams/candidates/<uuid:uid>/", screening.CandidateView.as_view(), name="exam-candidate"),
    path(
        "projects/<slug:slug>/exams/candidates/<uuid:uid>/decisions/",
        screening.DecisionsView.as_view(),
        name="exam-candidate-decisions",
    ),
    path(
        "projects/<slug:slug>/exams/demonstrations/",
        screening.DemonstrationsToGradeView.as_view(),
        name="exam-demonstrations",
    ),
    path(
        "projects/<slug:slug>/exams/demonstrations/<uuid:uid>/grade/", screening.GradeView.as_view(), name="exam-grade"
    ),
    path("projects/<slug:slug>/exams/attempt/", candidate.AttemptView.as_view(), name="exam-attempt"),
    path(
        "projects/<slug:slug>/exams/attempt/practice/<slug:practised>/",
        candidate.PracticeView.as_view(),
        name="exam-practice",
    ),
    path("projects/<slug:slug>/exams/attempt/answers/<slug:item>/", candidate.AnswerView.as_view(), name="exam-answer"),
    path("projects/<slug:slug>/exams/attempt/submit/", candidate.AttemptSubmitView.as_view(), name="exam-submit"),
    # gold
    path("projects/<slug:slug>/gold/", GoldView.as_view(), name="gold"),
    path("projects/<slug:slug>/gold/<uuid:uid>/retire/", GoldRetireView.as_view(), name="gold-retire"),
    path("projects/<slug:slug>/gold-answers/", GoldAnswersView.as_view(), name="gold-answers"),
    path("projects/<slug:slug>/gold-scores/", GoldScoresView.as_view(), name="gold-scores"),
    # causes
    path("projects/<slug:slug>/disagreement/", causes.DisagreementView.as_view(), name="disagreement"),
    path(
        "projects/<slug:slug>/disagreement/<uuid:uid>/", causes.TaskDisagreementView.as_view(), name="disagreement-task"
    ),
    # imports
    path("projects/<slug:slug>/imports/", imports.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:uid>/", imports.ImportView.as_view(), name="import"),
    path("imports/<uuid:uid>/errors/", imports.ImportErrorsView.as_view(), name="import-errors"),
    path("imports/<uuid:uid>/screened/", imports.ImportScreenedView.as_view(), name="import-screened"),
    # datasets
    path("projects/<slug:slug>/snapshots/", datasets.SnapshotsView.as_view(), name="snapshots"),
    path("snapshots/<uuid:uid>/", datasets.SnapshotView.as_view(), name="snapshot"),
    path("snapshots/<uuid:uid>/files/", datasets.SnapshotFilesView.as_view(), name="snapshot-files"),
    path("snapshots/<uuid:uid>/files/<str:name>", datasets.SnapshotFileView.as_view(), name="snapshot-file"),
    # training
    path("projects/<slug:slug>/models/", models.ModelsView.as_view(), name="models"),
    path("projects/<slug:slug>/models/comparison/", comparison.ComparisonView.as_view(), name="model-comparison"),
    path("models/<uuid:uid>/", models.ModelView.as_view(), name="model"),
    path("models/<uuid:uid>/files/", model_files.ModelFilesView.as_view(), name="model-files"),
    path("models/<uuid:uid>/files/<path:name>", model_files.ModelFileView.as_view(), name="model-file"),
    path("models/<uuid:uid>/retire/", models.ModelRetireView.as_view(), name="model-retire"),
    path("models/<uuid:uid>/restore/", models.ModelRestoreView.as_view(), name="model-restore"),
    path("projects/<slug:slug>/training-runs/", runs.TrainingRunsView.as_view(), name="training-runs"),
    path("training-runs/<uuid:uid>/", runs.TrainingRunView.as_view(), name="training-run"),
    path("training-runs/<uuid:uid>/cancel/", runs.TrainingRunCancelView.as_view(), name="training-run-cancel"),
    path("training-runs/<uuid:uid>/resume/", runs.TrainingRunResumeView.as_view(), name="training-run-resume"),
    path("training-runs/<uuid:uid>/metrics/", runs.MetricsView.as_view(), name="training-run-metrics"),
    path("projects/<slug:slug>/generation-runs/", runs.GenerationRunsView.as_view(), name="generation-runs"),
    path("generation-runs/<uuid:uid>/", runs.GenerationRunView.as_view(), name="generation-run"),
    path("generation-runs/<uuid:uid>/cancel/", runs.GenerationRunCancelView.as_view(), name="generation-run-cancel"),
    path("generation-runs/<uuid:uid>/resume/", runs.GenerationRunResumeView.as_view(), name="generation-run-resume"),
    path("projects/<slug:slug>/candidate-sets/", candidates.CandidateSetsView.as_view(), name="candidate-sets"),
    path("candidate-sets/<uuid:uid>/", candidates.CandidateSetView.as_view(), name="candidate-set"),
    path("candidate-sets/<uuid:uid>/cancel/", candidates.CandidateSetCancelView.as_view(), name="candidate-set-cancel"),
    path("candidate-sets/<uuid:uid>/resume/", candidates.CandidateSetResumeView.as_view(), name="candidate-set-resume"),
    path(
        "candidate-sets/<uuid:uid>/findings/", candidates.CandidateFindingsView.as_view(), name="candidate-set-findings"
    ),
    path("projects/<slug:slug>/loops/", loops.LoopsView.as_view(), name="loops"),
    path("loops/<uuid:uid>/", loops.LoopView.as_view(), name="loop"),
    path("loops/<uuid:uid>/cancel/", loops.LoopCancelView.as_view(), name="loop-cancel"),
    path("loops/<uuid:uid>/resume/", loops.LoopResumeView.as_view(), name="loop-resume"),
    path("projects/<slug:slug>/retrain-policy/", loops.RetrainPolicyView.as_view(), name="retrain-policy"),
]

app_name = "api"
urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    re_path(r"", NothingHere.as_view()),
]
