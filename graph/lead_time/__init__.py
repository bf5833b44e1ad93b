"""How long routes take: what the model learns from, what it is asked, and the distribution it answers."""

from graph.lead_time.fit import Parameters
from graph.lead_time.journeys import Journeys
from graph.lead_time.model import LeadTimes, SellerTimes
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.query import RouteQuery
from graph.lead_time.remaining import Remaining
from graph.lead_time.value import LeadTime, LeadTimeBatch

__all__ = [
    "Journeys",
    "LeadTime",
    "LeadTimeBatch",
    "LeadTimes",
    "OnlineParameters",
    "Parameters",
    "Remaining",
    "RouteQuery",
    "SellerTimes",
]
