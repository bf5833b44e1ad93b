// Stale lanes
//
// Purpose: lanes whose promise has gone stale: the forecasts of the lane, or of its pair of states, have erred
// in one direction again and again, beyond what all lanes had in common. Look here before you trust a date.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {min_n: 1, k: 50}
//   min_n  packages that a lane needs to count
//   k      rows at most
//
// Returns:
//   from_region     first three digits of the origin
//   from_state      its state
//   to_region       first three digits of the destination
//   to_state        its state
//   carrier_id      by whom
//   stale_since     the delivery at which the errors began to lean
//   mean_days       purchase to customer, days, as estimated now
//   p95_days        the time within which 95 of 100 arrive, as estimated now
//   n               packages seen on the lane; the order of the rows
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (origin:Region)-[lane:LANE]->(destination:Region)
  WHERE lane.stale AND lane.n >= $min_n
  RETURN
    origin.id AS from_region,
    origin.state AS from_state,
    destination.id AS to_region,
    destination.state AS to_state,
    lane.carrier_id AS carrier_id,
    lane.stale_since AS stale_since,
    lane.mean_days AS mean_days,
    lane.p95_days AS p95_days,
    lane.n AS n
}
RETURN from_region, from_state, to_region, to_state, carrier_id, stale_since, mean_days, p95_days, n,
  snapshot.state AS snapshot_state
ORDER BY n DESC, from_region, to_region, carrier_id
LIMIT toInteger($k);
