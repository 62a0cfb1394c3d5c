"""Addresses of the board."""

from django.urls import path

from takt.sales.deals.views import board

urlpatterns = [
    path("deals/board", board.show, name="board"),
    path("deals/board/set-up", board.set_up, name="set_up_board"),
    path("deals/board/column/<int:stage>", board.column, name="column"),
    path("deals/quick", board.quick, name="quick"),
    path("deals/<int:pk>/move", board.move, name="move"),
    path("pipelines/<int:pipeline>/stages", board.add_stage, name="add_stage"),
]
