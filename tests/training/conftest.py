import pytest
from django.test import Client

from tests.cast import Cast


@pytest.fixture
def researcher(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    return client
