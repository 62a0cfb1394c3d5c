"""Where every operation of the API stands."""

from takt.config.api import api

urlpatterns = api.urls[0]
