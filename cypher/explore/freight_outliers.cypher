// Freight outliers
//
// Purpose: lanes whose freight per kilogram is far from that of lanes of the same carrier and about the same
// length: candidates for a talk with the carrier, or for a mistake in the tables.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {band_km: 200, deviations: 3.0, min_n: 5, k: 20}
//   band_km     width of the bands of length
//   deviations  how far away is far
//   min_n       packages that a lane needs to count
//   k           rows at most
//
// Returns:
//   from_region           first three digits of the origin
//   to_region             first three digits of the destination
//   carrier_id            by whom
//   distance_km           length
//   freight_cents_per_kg  estimate for the lane's reference parcel
//   usual_cents_per_kg    mean of the carrier's lanes of that length (bands of band_km)
//   deviations            how many standard deviations it is away; the order of the rows, by size
//   n                     packages seen on the lane
//   snapshot_state        ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (origin:Region)-[lane:LANE]->(destination:Region)
  WHERE lane.freight_cents_per_kg IS NOT NULL AND lane.distance_km IS NOT NULL
  WITH lane.carrier_id AS carrier_id, toInteger(floor(lane.distance_km / $band_km)) AS band,
       avg(lane.freight_cents_per_kg) AS usual, stDev(lane.freight_cents_per_kg) AS sd,
       collect({from: origin.id, lane: lane, to: destination.id}) AS lanes
  WHERE sd > 0
  UNWIND lanes AS one
  WITH carrier_id, usual, one, (one.lane.freight_cents_per_kg - usual) / sd AS away
  WHERE abs(away) >= $deviations AND one.lane.n >= $min_n
  RETURN
    one.from AS from_region,
    one.to AS to_region,
    carrier_id,
    one.lane.distance_km AS distance_km,
    one.lane.freight_cents_per_kg AS freight_cents_per_kg,
    usual AS usual_cents_per_kg,
    away AS deviations,
    one.lane.n AS n
}
RETURN from_region, to_region, carrier_id, distance_km, freight_cents_per_kg, usual_cents_per_kg,
  deviations, n, snapshot.state AS snapshot_state
ORDER BY abs(deviations) DESC, from_region, to_region, carrier_id
LIMIT toInteger($k);
