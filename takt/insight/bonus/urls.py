from django.urls import path

from takt.insight.bonus import views

app_name = "bonus"
urlpatterns = [
    path("bonus", views.index, name="index"),
    path("bonus/mine", views.mine, name="mine"),
    path("bonus/rule", views.rule, name="rule"),
    path("bonus/rule/words", views.rule_in_words, name="rule_in_words"),
    path("bonus/approve", views.approve, name="approve"),
    path("bonus/<int:pk>", views.person, name="person"),
    path("bonus/<int:pk>/base", views.set_base, name="set_base"),
    path("bonus/audits/<int:audit>/<str:check>/appeal", views.appeal, name="appeal"),
    path("bonus/appeals/<int:pk>/decide", views.decide_appeal, name="decide_appeal"),
    path("bonus/sheets/<int:pk>/reopen", views.reopen, name="reopen"),
]
