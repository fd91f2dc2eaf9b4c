"""Bodies whose types are what the document says: 5 is no text, "5" no number, and "yes" not true.

The framework's fields are lenient because forms send everything as text; JSON has types of its own.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str], ...] = (
    (serializers.BooleanField, (bool,), "true or false is needed."),
    (serializers.IntegerField, (int, float), "a whole number is needed."),
    (serializers.FloatField, (int, float), "a number is needed."),
    (serializers.CharField, (str,), "a text is needed."),
    (serializers.ChoiceField, (str,), "a text is needed."),
    (serializers.UUIDField, (str,), "a text is needed."),
)


class StrictBody(serializers.Serializer[Any]):
    """A request's JSON. What a field finds of another type is refused by its name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            wrong = {
                name: [problem] for name, field in self.fields.items() if (problem := _wrong(field, data.get(name)))
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def _wrong(field: Any, value: Any) -> str:
    """What is wrong with the type of `value`; empty where nothing is. Null is the field's own affair."""
    if value is None:
        return ""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_wrong(field.child, one) for one in value)), "")
    if isinstance(field, serializers.DictField) and isinstance(value, dict):
        return next(filter(None, (_wrong(field.child, one) for one in value.values())), "")
    for kind, types, sentence in _TYPES:
        if isinstance(field, kind):
            fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
            if kind is serializers.IntegerField:
                fits = fits and value == value // 1  # 1.0 is a whole number in JSON
            return "" if fits else sentence
    return ""
