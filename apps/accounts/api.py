"""`POST auth/token/`: a password for a token."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.core.strict import StrictBody

from .models import User
from .services import token_issue
from .throttle import MESSAGE


class AddressField(serializers.EmailField):
    """An email address as it is stored: in lower case, and no longer than its column."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class TokenRequest(StrictBody):
    email = AddressField()
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    label = serializers.CharField(max_length=80, required=False, default="")  # type: ignore[assignment]


class TokenAnswer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown once; only its hash is stored.")
    expires_at = serializers.DateTimeField()


class TokenView(APIView):
    """A new token each time, valid for 90 days. After five failures a minute the next try is answered with 429."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="auth_token_create",
        request=TokenRequest,
        responses={201: TokenAnswer, **errors(422, 429)},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = TokenRequest(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        user = _sign_in(request._request, data["email"], data["password"])
        issued = token_issue(actor=user, label=data["label"])
        return Response({"token": issued.key, "expires_at": issued.expires_at}, status=201)

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"


def _sign_in(request: HttpRequest, email: str, password: str) -> User:
    """The user of that password. After five failures in a minute the next try is refused, right or wrong."""
    if not AxesProxyHandler.is_allowed(request, {"username": email}):
        raise Throttled(wait=settings.AXES_COOLOFF_TIME.total_seconds(), detail=MESSAGE)
    user = authenticate(request, username=email, password=password)
    # axes would answer the failure that fills the count with 429 already; it is still a wrong password.
    request.axes_locked_out = False  # type: ignore[attr-defined]
    if not isinstance(user, User):
        raise AuthenticationFailed("This email address and password do not fit together.")
    user_logged_in.send(sender=User, request=request, user=user)  # forgets the failures
    return user
