"""The delivery network: what it is, how long its routes take, how to search it, where it is kept."""

from graph.errors import BadInput, Fault, MalhaError, SnapshotError, UnknownName
from graph.freight import Freight, FreightError, FreightQuery, FreightSample
from graph.lead_time import LeadTime, LeadTimes
from graph.model import NEVER, UNKNOWN_CARRIER, Basis, Rank, SnapshotMeta, SourceKind
from graph.network import Network
from graph.route import Lane, Recommendation, Route, RouteRequest, Weights

__all__ = [
    "NEVER",
    "UNKNOWN_CARRIER",
    "BadInput",
    "Basis",
    "Fault",
    "Freight",
    "FreightError",
    "FreightQuery",
    "FreightSample",
    "Lane",
    "LeadTime",
    "LeadTimes",
    "MalhaError",
    "Network",
    "Rank",
    "Recommendation",
    "Route",
    "RouteRequest",
    "SnapshotError",
    "SnapshotMeta",
    "SourceKind",
    "UnknownName",
    "Weights",
]
