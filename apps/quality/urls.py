"""Pages on how far a project's data can be trusted."""

from django.urls import path

from .agreement import views as agreement_views
from .bias import views as bias_views
from .own import views as own_views
from .pay import views as pay_views

app_name = "quality"
urlpatterns = [
    path("p/<slug:slug>/agreement/", agreement_views.agreement, name="agreement"),
    path("p/<slug:slug>/agreement/<slug:table>.csv", agreement_views.agreement_table, name="agreement-table"),
    path("p/<slug:slug>/bias/", bias_views.bias, name="bias"),
    path("p/<slug:slug>/bias/questions/", bias_views.volunteer_questions, name="volunteer-questions"),
    path("p/<slug:slug>/bias/<slug:part>.csv", bias_views.bias_table, name="bias-table"),
    path("p/<slug:slug>/me/", own_views.me, name="me"),
    path("p/<slug:slug>/me/<slug:span>.csv", own_views.me_table, name="me-table"),
    path("p/<slug:slug>/pay/", pay_views.pay, name="pay"),
    path("p/<slug:slug>/pay/pay.csv", pay_views.pay_file, name="pay-file"),
]
