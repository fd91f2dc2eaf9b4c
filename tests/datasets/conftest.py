from hypothesis import settings

from tests.api.conftest import labeler, manager, researcher, second  # noqa: F401

# A busy machine is no finding.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
