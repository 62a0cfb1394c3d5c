"""Addresses of the settings of pipelines, types of deal and reasons for losing."""

from django.urls import path

from takt.sales.deals.views import choices, gates, pipelines, special

app_name = "pipelines"
urlpatterns = [
    path("settings/pipelines", pipelines.index, name="index"),
    path("settings/pipelines/new", pipelines.new, name="new"),
    path("settings/pipelines/<int:pk>", pipelines.pipeline, name="pipeline"),
    path("settings/pipelines/<int:pk>/place", pipelines.place, name="place"),
    path("settings/pipelines/<int:pk>/activity", pipelines.activity, name="activity"),
    path("settings/pipelines/<int:pk>/stages", pipelines.add_stage, name="add_stage"),
    path("settings/pipelines/<int:pk>/gates", gates.preview, name="gates"),
    path("settings/pipelines/<int:pk>/gate-mode", gates.mode, name="gate_mode"),
    path("settings/pipelines/<int:pk>/approval", special.approval_rule, name="approval_rule"),
    path("settings/special-kinds", choices.special_kinds, name="special_kinds"),
    path("settings/special-kinds/<int:pk>", choices.special_kind, name="special_kind"),
    path(
        "settings/special-kinds/<int:pk>/activity",
        choices.special_kind_activity,
        name="special_kind_activity",
    ),
    path("settings/special-kinds/<int:pk>/place", choices.place_special_kind, name="place_special_kind"),
    path("settings/stages/<int:pk>/gate", gates.stage_gate, name="stage_gate"),
    path("settings/stages/<int:pk>", pipelines.stage, name="stage"),
    path("settings/stages/<int:pk>/place", pipelines.place_stage, name="place_stage"),
    path("settings/stages/<int:pk>/remove", pipelines.remove_stage, name="remove_stage"),
    path("deals/gates", gates.passed, name="passings"),
    path("settings/deal-types", choices.deal_types, name="deal_types"),
    path("settings/deal-types/<int:pk>", choices.deal_type, name="deal_type"),
    path("settings/deal-types/<int:pk>/activity", choices.deal_type_activity, name="deal_type_activity"),
    path("settings/deal-types/<int:pk>/place", choices.place_deal_type, name="place_deal_type"),
    path("settings/loss-reasons", choices.loss_reasons, name="loss_reasons"),
    path("settings/loss-reasons/<int:pk>", choices.loss_reason, name="loss_reason"),
    path(
        "settings/loss-reasons/<int:pk>/activity", choices.loss_reason_activity, name="loss_reason_activity"
    ),
    path("settings/loss-reasons/<int:pk>/place", choices.place_loss_reason, name="place_loss_reason"),
]
