from tests.api.conftest import manager  # noqa: F401
