import pytest

from tests.api.client import Caller, caller_for
from tests.cast import Cast


@pytest.fixture
def manager(cast: Cast) -> Caller:
    return caller_for(cast.manager.user)


@pytest.fixture
def researcher(cast: Cast) -> Caller:
    return caller_for(cast.researcher.user)


@pytest.fixture
def labeler(cast: Cast) -> Caller:
    return caller_for(cast.labeler.user)


@pytest.fixture
def second(cast: Cast) -> Caller:
    return caller_for(cast.second_labeler.user)
