// A lane's evidence
//
// Purpose: on what a lane's estimate rests: what is estimated, and what was seen in each month, newest first.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {from_region: "037", to_region: "013"}
//   from_region  origin, three digits
//   to_region    destination, three digits
//
// Returns:
//   carrier_id         by whom
//   estimate_days      the lane's mean, purchase to customer
//   estimate_p95_days  the time within which 95 of 100 arrive
//   basis              the narrowest level with five deliveries or more that it rests on
//   n                  packages seen on the lane itself
//   last_seen          the last event on the lane
//   zip_pairs          pairs of zip prefixes between which something was shipped on it
//   month              month of delivery, local; null where nothing was delivered yet
//   month_days         mean of the deliveries of that month
//   month_late_share   share of them that missed their promise
//   month_n            deliveries of that month
//   snapshot_state     ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (origin:Region {id: $from_region})-[lane:LANE]->(destination:Region {id: $to_region})
  CALL (origin, lane, destination) {
    // Two patterns: within one, a place that ships to itself would have to use its IN_REGION twice.
    MATCH (origin)<-[:IN_REGION]-(here:ZipPrefix)
    MATCH (here)-[seen:SHIPPED_TO]->(there:ZipPrefix)
    WHERE seen.carrier_id = lane.carrier_id AND EXISTS { (there)-[:IN_REGION]->(destination) }
    RETURN count(DISTINCT [here.id, there.id]) AS zip_pairs
  }
  OPTIONAL MATCH (origin)-[month:LANE_MONTH]->(destination)
  WHERE month.carrier_id = lane.carrier_id
  RETURN
    lane.carrier_id AS carrier_id,
    lane.mean_days AS estimate_days,
    lane.p95_days AS estimate_p95_days,
    lane.basis AS basis,
    lane.n AS n,
    lane.last_seen AS last_seen,
    zip_pairs,
    month.month AS month,
    month.mean_days AS month_days,
    month.late_share AS month_late_share,
    month.n AS month_n
}
RETURN carrier_id, estimate_days, estimate_p95_days, basis, n, last_seen, zip_pairs, month,
  month_days, month_late_share, month_n, snapshot.state AS snapshot_state
ORDER BY carrier_id, month DESC;
