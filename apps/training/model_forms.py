"""Forms of the pages of models: registering one, finding some, and what may still change of one."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.projects.models import Project
from apps.registry.models import ModelVersion

from .selectors.models import models_listed

ROLES = {"base": _("base"), "sft": _("SFT"), "reward": _("reward model"), "policy": _("policy")}
STATES = {
    "ready": _("in use"), "registered": _("being read"), "refused": _("refused"), "retired": _("retired"),
}  # fmt: skip
LICENCE_MAX = 120
CHOICES = 100  # models that the form of the comparison offers, the newest


class RegisterForm(forms.Form):
    """A model from elsewhere: by its hub id, as a folder of this machine, or on a server that the operator has named."""

    name = forms.CharField(label=_("Name here"), max_length=120)
    source = forms.ChoiceField(label=_("Where it is"), widget=forms.RadioSelect, initial="hub")
    location = forms.CharField(label=_("Hub id, folder, or the server's id of it"), max_length=300)
    revision = forms.CharField(
        label=_("Revision"), max_length=100, required=False,
        help_text=_("Of the hub: a full commit, so that it stays the same."),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("Role"), choices=[("base", ROLES["base"]), ("policy", ROLES["policy"])], required=False,
        help_text=_("Of a server's model: a policy where it has been tuned to follow instructions. Others are bases."),
    )  # fmt: skip
    licence = forms.CharField(
        label=_("Licence"), max_length=LICENCE_MAX, required=False,
        help_text=_("Its short name, such as apache-2.0. Left empty, a folder's README is asked."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        servers = sorted(settings.ENDPOINT_NAMES)
        choices: list[tuple[str, Any]] = [
            ("hub", _("On a model hub")),
            ("folder", _("In a model folder of this installation")),
        ]
        choices += [(f"endpoint:{name}", _("On the server %(name)s") % {"name": name}) for name in servers]
        self.fields["source"].choices = choices  # type: ignore[attr-defined]
        if not servers:
            del self.fields["role"]

    @property
    def asked(self) -> dict[str, Any]:
        """What `base_register` takes beside the actor and the project."""
        given = self.cleaned_data
        return {
            "name": given["name"], "source": self._origin(), "role": self._role(), "licence": given["licence"],
        }  # fmt: skip

    def _origin(self) -> dict[str, str]:
        source, location = self.cleaned_data["source"], self.cleaned_data["location"]
        scheme, _colon, server = source.partition(":")
        if server:
            return {"endpoint": server, "model": location}
        revision = self.cleaned_data["revision"] if scheme == "hub" else ""
        return {scheme: location, "revision": revision} if revision else {scheme: location}

    def _role(self) -> str:
        """Where no server is chosen the field says nothing: it is there for servers' models alone."""
        is_asked = self.cleaned_data["source"].startswith("endpoint:")
        return str(self.cleaned_data.get("role") or "") if is_asked else ""


class FindForm(forms.Form):
    """What narrows the list. What makes no sense narrows nothing."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("any")), *ROLES.items()], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("any")), *STATES.items()], required=False)

    def narrow(self, rows: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
        self.is_valid()
        chosen = self.cleaned_data
        same = {field: chosen[field] for field in ("role", "state") if chosen.get(field)}
        name = chosen.get("name")
        return rows.filter(**same, **({"name__icontains": name} if name else {}))


class LicenceForm(forms.Form):
    licence = forms.CharField(label=_("Licence"), max_length=LICENCE_MAX)


class CompareForm(forms.Form):
    """Two to four models of the project."""

    model = forms.MultipleChoiceField(label=_("Models to compare"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        newest = models_listed(project)[:CHOICES]
        self.fields["model"].choices = [(str(one.uid), f"{one} ({ROLES[one.role]})") for one in newest]  # type: ignore[attr-defined]

    @property
    def uids(self) -> list[UUID]:
        """Those that were chosen; what is no uid names no model, so it is one that is not there."""
        return [_uuid(given) for given in cast(QueryDict, self.data).getlist("model")] if self.is_bound else []


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return UUID(int=0)
