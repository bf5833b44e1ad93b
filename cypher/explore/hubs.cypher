// Hubs
//
// Purpose: which regions the network hangs on: where most of what was delivered set out from.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {k: 20}
//   k  rows at most
//
// Returns:
//   region          first three digits
//   state           its state
//   shipped         deliveries that set out there; the order of the rows
//   share           of all deliveries
//   destinations    regions that they went to
//   sellers         sellers there
//   mean_days       purchase to customer, lanes weighted by their deliveries
//   received        deliveries that arrived there
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (:Region)-[every:LANE_MONTH]->(:Region)
  WITH sum(every.n) AS total
  MATCH (region:Region)-[month:LANE_MONTH]->(destination:Region)
  WITH total, region,
       sum(month.n) AS shipped,
       count(DISTINCT destination) AS destinations,
       sum(month.mean_days * month.n) AS days
  ORDER BY shipped DESC, region.id
  LIMIT toInteger($k)
  CALL (region) {
    OPTIONAL MATCH (:Region)-[month:LANE_MONTH]->(region)
    RETURN coalesce(sum(month.n), 0) AS received
  }
  RETURN
    region.id AS region,
    region.state AS state,
    shipped,
    1.0 * shipped / total AS share,
    destinations,
    COUNT { (region)<-[:IN_REGION]-(:ZipPrefix)<-[:LOCATED_IN]-(:Seller) } AS sellers,
    days / shipped AS mean_days,
    received
}
RETURN region, state, shipped, share, destinations, sellers, mean_days, received,
  snapshot.state AS snapshot_state
ORDER BY shipped DESC, region;
