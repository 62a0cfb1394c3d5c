"""All writes of the pace room."""

from takt.insight.pace.commands.alerting import close_reviews, raise_alerts
from takt.insight.pace.commands.keeping import flag_deals, keep_pace

__all__ = ["close_reviews", "flag_deals", "keep_pace", "raise_alerts"]
