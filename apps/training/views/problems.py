"""A service's broken rule, said beside the field it names."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from apps.core.domain.errors import Conflict, RuleBroken


@contextmanager
def field_errors(form: forms.Form, **renamed: str) -> Iterator[None]:
    """Put a RuleBroken of the block on the form's field of that name (or as `renamed`), else above the form."""
    try:
        yield
    except RuleBroken as error:
        field = renamed.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, error.message)
    except Conflict as error:
        form.add_error(None, error.message)
