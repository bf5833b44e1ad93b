// What got worse
//
// Purpose: lanes that take longer since a month than before it, by the days that their customers wait more
// in all. Both sides need enough deliveries; months are those of delivery, local time.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {since: "2018-04", min_n: 5, k: 20}
//   since  first month of the later side
//   min_n  packages that a lane needs to count
//   k      rows at most
//
// Returns:
//   from_region     first three digits of the origin
//   to_region       first three digits of the destination
//   carrier_id      by whom
//   before_days     mean of the deliveries before
//   since_days      mean of the deliveries since
//   worse_days      the difference
//   n_before        deliveries before
//   n_since         deliveries since
//   late_share      share of the deliveries since that missed their promise
//   cost_days       worse_days times n_since; the order of the rows
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (origin:Region)-[month:LANE_MONTH]->(destination:Region)
  WITH origin, destination, month.carrier_id AS carrier_id,
       month.month >= $since AS recent, month.n AS n, month.mean_days * month.n AS days,
       month.late_share * month.n AS late
  WITH origin, destination, carrier_id,
       sum(CASE WHEN recent THEN 0 ELSE n END) AS n_before,
       sum(CASE WHEN recent THEN n ELSE 0 END) AS n_since,
       sum(CASE WHEN recent THEN 0.0 ELSE days END) AS days_before,
       sum(CASE WHEN recent THEN days ELSE 0.0 END) AS days_since,
       sum(CASE WHEN recent THEN late ELSE 0.0 END) AS late_since
  WHERE n_before >= $min_n AND n_since >= $min_n
  WITH *, days_before / n_before AS before_days, days_since / n_since AS since_days
  WHERE since_days > before_days
  RETURN
    origin.id AS from_region,
    destination.id AS to_region,
    carrier_id,
    before_days,
    since_days,
    since_days - before_days AS worse_days,
    n_before,
    n_since,
    late_since / n_since AS late_share,
    (since_days - before_days) * n_since AS cost_days
}
RETURN from_region, to_region, carrier_id, before_days, since_days, worse_days, n_before, n_since,
  late_share, cost_days, snapshot.state AS snapshot_state
ORDER BY cost_days DESC, from_region, to_region, carrier_id
LIMIT toInteger($k);
