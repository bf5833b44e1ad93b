// Lanes with most variance
//
// Purpose: where a promise is hardest to keep, among lanes with enough deliveries to say so.
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
//   var_days        variance of purchase to customer, days squared; the order of the rows
//   sd_days         its root, days
//   mean_days       the mean, days
//   margin_days     95 of 100 arrive within the median and this
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
    lane.var_days AS var_days,
    sqrt(lane.var_days) AS sd_days,
    lane.mean_days AS mean_days,
    lane.p95_days - lane.p50_days AS margin_days,
    lane.n AS n
}
RETURN from_region, from_state, to_region, to_state, carrier_id, var_days, sd_days, mean_days,
  margin_days, n, snapshot.state AS snapshot_state
ORDER BY var_days DESC, from_region, to_region, carrier_id
LIMIT toInteger($k);
