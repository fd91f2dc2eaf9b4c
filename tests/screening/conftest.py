from tests.api.conftest import labeler, manager, researcher  # noqa: F401
