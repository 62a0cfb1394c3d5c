from django.urls import path

from takt.gateways.intake.views import public, settings

app_name = "intake"
urlpatterns = [
    path("f/<slug:key>", public.public, name="public"),
    path("settings/web-forms", settings.index, name="web_forms"),
    path("settings/web-forms/new", settings.new, name="new_web_form"),
    path("settings/web-forms/<int:pk>", settings.edit, name="web_form"),
    path("settings/web-forms/<int:pk>/key", settings.renew_key, name="renew_web_form_key"),
    path("settings/web-forms/<int:pk>/try", settings.try_form, name="try_web_form"),
    path("settings/web-forms/<int:pk>/answers", settings.export, name="export_web_form"),
    path("settings/web-forms/<int:pk>/switch", settings.switch, name="switch_web_form"),
]
