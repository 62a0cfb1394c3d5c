"""The addresses of the deals' room."""

from takt.sales.deals.day_urls import urlpatterns as day
from takt.sales.deals.page_urls import urlpatterns as page

app_name = "deals"
urlpatterns = [*day, *page]
