"""Addresses of the acts on one deal."""

from django.urls import path

from takt.sales.deals.views import acts, helping, offering, special

urlpatterns = [
    path("deals/<int:pk>/win", acts.win, name="win"),
    path("deals/<int:pk>/lose", acts.lose, name="lose"),
    path("deals/<int:pk>/loss", acts.loss, name="loss"),
    path("deals/<int:pk>/reopen", acts.reopen, name="reopen"),
    path("deals/<int:pk>/snooze", acts.snooze, name="snooze"),
    path("deals/<int:pk>/assign", acts.assign, name="assign"),
    path("deals/<int:pk>/pipeline", acts.pipeline, name="change_pipeline"),
    path("deals/<int:pk>/follow", offering.follow, name="follow"),
    path("deals/<int:pk>/try-again", offering.try_again, name="try_again"),
    path("deals/<int:pk>/offer", offering.offer, name="offer"),
    path("deals/<int:pk>/offer/withdraw", offering.withdraw_offer, name="withdraw_offer"),
    path("deals/<int:pk>/chain", offering.chain, name="chain"),
    path("deals/stages/<int:stage>/offer", offering.offer_to_stage, name="offer_to_stage"),
    path("deals/<int:pk>/special", special.special, name="special"),
    path("deals/<int:pk>/help", helping.ask, name="help"),
    path("deals/<int:pk>/delete", acts.delete, name="delete"),
    path("deals/<int:pk>/restore", acts.restore, name="restore"),
]
