// Coverage of a warehouse
//
// Purpose: how much of each state's demand a warehouse could reach within so many days, by lanes seen from
// its region: 80 of 100 parcels arrive in time. Demand is what was delivered to a region so far.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {warehouse_id: "wh_sp_1", days: 7.0}
//   warehouse_id  the warehouse
//   days          within how many days
//
// Returns:
//   state            destination
//   demand           deliveries to the state's regions, from anywhere
//   covered          those to regions that the warehouse reaches in time; the order of the rows
//   covered_share    their share
//   regions          regions with demand
//   regions_covered  those reached in time
//   snapshot_state   ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (:Warehouse {id: $warehouse_id})-[:LOCATED_IN]->(:ZipPrefix)-[:IN_REGION]->(home:Region)
  MATCH (:Region)-[month:LANE_MONTH]->(destination:Region)
  WITH home, destination, sum(month.n) AS demand
  WITH destination, demand,
       EXISTS { (home)-[lane:LANE]->(destination) WHERE lane.p80_days <= $days } AS reached
  RETURN
    destination.state AS state,
    sum(demand) AS demand,
    sum(CASE WHEN reached THEN demand ELSE 0 END) AS covered,
    1.0 * sum(CASE WHEN reached THEN demand ELSE 0 END) / sum(demand) AS covered_share,
    count(destination) AS regions,
    sum(CASE WHEN reached THEN 1 ELSE 0 END) AS regions_covered
}
RETURN state, demand, covered, covered_share, regions, regions_covered,
  snapshot.state AS snapshot_state
ORDER BY covered DESC, demand DESC, state;
