from django.urls import path

from takt.insight.audits import plan_views, views

app_name = "audits"
urlpatterns = [
    path("audit", views.index, name="index"),
    path("audit/new", views.start_audit, name="start_audit"),
    path("audit/rules", views.rules_page, name="rules"),
    path("audit/mine", views.mine, name="mine"),
    path("audit/plan", plan_views.plan, name="plan"),
    path("audit/plan/<int:pk>/start", plan_views.start_planned, name="start_planned"),
    path("audit/rounds/<int:pk>/end", plan_views.end_round, name="end_round"),
    path("audit/deals/<int:pk>", views.deal_panel, name="deal_panel"),
    path("audit/<int:pk>", views.audit, name="audit"),
    path("audit/<int:pk>/deals/<int:deal>", views.confirm_deal, name="confirm_deal"),
    path("audit/<int:pk>/finish", views.finish_audit, name="finish_audit"),
]
