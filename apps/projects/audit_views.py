"""Who did what in a project, as a page for its managers."""

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.audit.selectors import trail_of

from .access import Capability, member_for


@login_required
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    verb, actor = (request.GET.get(name, "")[:254].strip().replace("\x00", "") for name in ("verb", "actor"))
    work, before = request.GET.get("work") == "1", request.GET.get("before", "")
    trail = trail_of(
        member.project_id, verb=verb, actor=actor, work=work,
        before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None,
    )  # fmt: skip
    chosen = {"verb": verb, "actor": actor, "work": work, "narrows": verb or actor}
    context = {"member": member, "project": member.project, "trail": trail, "chosen": chosen}
    return render(request, "projects/audit.html", context)
