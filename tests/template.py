"""The test database of each process of a parallel run, copied from one that the first of them migrates."""

import os

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.once import made_once

TEMPLATE = "migrated_for_tests"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Only on a server of our own: nobody would remove the template from another."""
    if "PYTEST_XDIST_WORKER" not in os.environ or "POSTGRES_OF_TESTS" not in os.environ:
        return
    with django_db_blocker.unblock():
        made_once(tmp_path_factory, TEMPLATE, lambda folder: _migrate_template())
    # Every table is there already: Django looks for missing ones and migrates nothing.
    connection.settings_dict["TEST"] |= {"TEMPLATE": TEMPLATE, "MIGRATE": False}


def _migrate_template() -> None:
    real, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = TEMPLATE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()  # nobody may be in a database that is copied
    connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"] = real, test
