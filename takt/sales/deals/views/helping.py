"""Asking a supervisor for help with a deal."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.ui import formats
from takt.sales.deals import commands, forms_tasks
from takt.sales.deals.queries.people import supervisors_of
from takt.sales.deals.views.acts import act_form, deal_of, done


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what help is needed; the supervisor gets a task with the deal."""
    deal = deal_of(request, pk)
    people = supervisors_of(deal, besides=request.user)  # type: ignore[arg-type]
    context = {
        "people": [(person.pk, person.name) for person in people],
        "presets": forms_tasks.due_presets(acting(request)["at"]),
    }
    if request.method != "POST":
        return act_form(request, "help", deal, **context)
    typed = request.POST
    try:
        due_at = forms_tasks.due_moment(typed.get("step_due", ""))
        task = commands.ask_for_help(
            pk, typed.get("question", ""), typed.get("supervisor"), due_at, **acting(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "help", deal, refusal, **context)
    text = _("%(name)s has a task with this deal, due %(when)s.")
    return done(request, deal, text % {"name": task.assignee.name, "when": formats.datetime_(task.due_at)})
