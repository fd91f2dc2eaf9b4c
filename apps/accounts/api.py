"""`POST auth/token/`: a password for a token."""

from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors

from .models import User
from .services import token_issue


class AddressField(serializers.EmailField):
    """An email address as it is stored: in lower case, and no longer than its column."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class TokenRequest(serializers.Serializer[Any]):
    email = AddressField()
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    label = serializers.CharField(max_length=80, required=False, default="")  # type: ignore[assignment]


class TokenAnswer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown once; only its hash is stored.")
    expires_at = serializers.DateTimeField()


class TokenView(APIView):
    """A new token each time, valid for 90 days. Five failures a minute are answered with 429."""

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
        user = authenticate(request._request, username=data["email"], password=data["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("This email address and password do not fit together.")
        issued = token_issue(actor=user, label=data["label"])
        return Response({"token": issued.key, "expires_at": issued.expires_at}, status=201)

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"
