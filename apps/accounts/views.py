"""Signing in and out, and the keys of one's programs."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.core.htmx import go

from .forms import SignInForm, TokenForm
from .models import User
from .selectors import token_of, tokens_of
from .services import IssuedToken, token_issue, token_revoke, tokens_revoke_all


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


class ChangePassword(SuccessMessageMixin, PasswordChangeView):  # type: ignore[type-arg]
    """Whoever was added by a manager starts with a password, and perhaps a token, that the manager knows."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("projects:home")
    success_message = gettext_lazy("Your password is changed. Your API tokens are revoked: make new ones.")

    def form_valid(self, form: Any) -> HttpResponse:
        tokens_revoke_all(actor=cast(User, self.request.user))
        return super().form_valid(form)


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    issued: IssuedToken | None = None
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        issued = token_issue(actor=user, label=form.cleaned_data["label"])
        form = TokenForm()
    context: dict[str, Any] = {"tokens": tokens_of(user), "form": form, "issued": issued}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def revoke_token(request: HttpRequest, uid: str) -> HttpResponse:
    user = cast(User, request.user)
    token = token_of(user, uid)
    token_revoke(actor=user, token=token)
    messages.success(request, _("The token %(hint)s… is revoked.") % {"hint": token.hint})
    return go(request, "accounts:tokens")
