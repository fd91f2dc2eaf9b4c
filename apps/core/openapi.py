"""What every call of the API has in common, said in the OpenAPI document once for all of them."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_OF_BODIES = {
    "400": "Not readable.",
    "413": "Too large.",
    "415": "Another media type is needed.",
    "422": "A rule is broken: field and rule are named.",
}
_TAG = {"ETag": {"schema": {"type": "string"}, "description": "Of these bytes; for If-None-Match and If-Match."}}


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string", **schema}, "description": description}


class HouseSchema(AutoSchema):
    """Adds the errors, headers and conditions that the frame gives each call, so that no view repeats them."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        answers, parameters = operation["responses"], operation.setdefault("parameters", [])
        if "requestBody" in operation or parameters:
            self._refusals(answers, "requestBody" in operation, any(p["in"] == "query" for p in parameters))
        self._conditions(answers, parameters)
        if "401" in answers:
            self._limits(answers)
        operation["responses"] = dict(sorted(answers.items()))
        return dict(operation)

    def _refusals(self, answers: dict[str, Any], has_body: bool, has_query: bool) -> None:
        codes = _OF_BODIES if has_body else {"422": _OF_BODIES["422"]} if has_query else {}
        for code, meaning in codes.items():
            answers.setdefault(code, {"description": meaning, "content": _ERROR})

    def _conditions(self, answers: dict[str, Any], parameters: list[dict[str, Any]]) -> None:
        handler = getattr(self.view, self.method.lower(), None)
        named = {parameter["name"] for parameter in parameters}
        if self.method == "GET" and "application/json" in answers.get("200", {}).get("content", {}):
            answers["200"].setdefault("headers", _TAG)
            answers.setdefault("304", {"description": "You have it already."})
            if "If-None-Match" not in named:
                parameters.append(_header("If-None-Match", "ETags that you have: 304 if one still stands."))
        if getattr(handler, "conditional", False):
            parameters.append(_header("If-Match", "The ETag of what you read: 412 if it was changed since."))
            answers["412"] = {"description": "It was changed since you read it.", "content": _ERROR}
        if getattr(handler, "idempotent", False):
            words = (
                "A name of your own for this call: sent again within a day, it is answered as before and does nothing."
            )
            parameters.append(_header("Idempotency-Key", words, minLength=1, maxLength=200, pattern="^[!-~]+$"))
            answers.setdefault("409", {"description": "A request with this key is being worked on.", "content": _ERROR})

    def _limits(self, answers: dict[str, Any]) -> None:
        number = {"schema": {"type": "integer"}}
        answers.setdefault("429", {"description": "Too many requests.", "content": _ERROR})
        answers["429"].setdefault("headers", {"Retry-After": {**number, "description": "Seconds."}})
