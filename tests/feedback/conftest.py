from tests.api.conftest import labeler, manager, researcher, second  # noqa: F401
from tests.pages.conftest import as_member, claimed  # noqa: F401
