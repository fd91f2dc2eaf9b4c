from hypothesis import HealthCheck, settings

from tests.api.conftest import labeler, manager, researcher, second  # noqa: F401

# A busy machine is no finding.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
