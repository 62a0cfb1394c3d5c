"""The addresses of the deals' room."""

from takt.sales.deals.act_urls import urlpatterns as acts
from takt.sales.deals.board_urls import urlpatterns as board
from takt.sales.deals.day_urls import urlpatterns as day
from takt.sales.deals.list_urls import urlpatterns as lists
from takt.sales.deals.page_urls import urlpatterns as page
from takt.sales.deals.people_urls import urlpatterns as people

app_name = "deals"
urlpatterns = [*board, *lists, *acts, *day, *page, *people]
