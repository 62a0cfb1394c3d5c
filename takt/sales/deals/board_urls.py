"""Addresses of the board."""

from django.urls import path

from takt.sales.deals.views import board, moving

urlpatterns = [
    path("deals/board", board.show, name="board"),
    path("deals/board/set-up", board.set_up, name="set_up_board"),
    path("deals/board/column/<int:stage>", board.column, name="column"),
    path("deals/quick", board.quick, name="quick"),
    path("deals/<int:pk>/move", moving.move, name="move"),
    path("deals/<int:pk>/gate", moving.gate, name="gate"),
    path("deals/<int:pk>/criteria/<int:criterion>", moving.tick, name="tick"),
    path("pipelines/<int:pipeline>/stages", board.add_stage, name="add_stage"),
]
