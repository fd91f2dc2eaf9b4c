from tests.api.conftest import labeler, manager, researcher, second  # noqa: F401
