from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = _("This page was open for too long. Load it again and repeat the last step.")
    return render(request, "refused.html", {"sentence": sentence}, status=403)
