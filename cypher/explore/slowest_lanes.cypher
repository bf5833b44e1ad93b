// Slowest lanes
//
// Purpose: where customers wait longest, among lanes with enough deliveries to say so; with the part that
// the carrier takes, and the speed over the ground.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {min_n: 20, k: 20}
//   min_n  packages that a lane needs to count
//   k      rows at most
//
// Returns:
//   from_region     first three digits of the origin
//   from_state      its state
//   to_region       first three digits of the destination
//   to_state        its state
//   carrier_id      by whom
//   mean_days       purchase to customer, days; the order of the rows
//   p95_days        the time within which 95 of 100 arrive
//   transit_days    the carrier's part of the mean
//   km_per_day      distance by the carrier's part
//   n               packages seen on the lane
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (origin:Region)-[lane:LANE]->(destination:Region)
  WHERE lane.n >= $min_n
  RETURN
    origin.id AS from_region,
    origin.state AS from_state,
    destination.id AS to_region,
    destination.state AS to_state,
    lane.carrier_id AS carrier_id,
    lane.mean_days AS mean_days,
    lane.p95_days AS p95_days,
    lane.transit_mean_days AS transit_days,
    lane.distance_km / lane.transit_mean_days AS km_per_day,
    lane.n AS n
}
RETURN from_region, from_state, to_region, to_state, carrier_id, mean_days, p95_days, transit_days,
  km_per_day, n, snapshot.state AS snapshot_state
ORDER BY mean_days DESC, from_region, to_region, carrier_id
LIMIT toInteger($k);
