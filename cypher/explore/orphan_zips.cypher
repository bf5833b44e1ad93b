// Orphan zip prefixes
//
// Purpose: places that nothing was ever shipped to; those whose whole region no lane reaches come first,
// because every estimate for them rests on their state at best.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {state: null, k: 50}
//   state  two letters, or null for all
//   k      rows at most
//
// Returns:
//   zip_prefix      five digits
//   city            its city
//   state           its state
//   region          first three digits; null where it has none
//   lanes_in        lanes that reach its region; the order of the rows
//   located         whether its coordinates are its own, its region's, its state's, or unknown
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (place:ZipPrefix)
  WHERE ($state IS NULL OR place.state = $state) AND NOT EXISTS { ()-[:SHIPPED_TO]->(place) }
  OPTIONAL MATCH (place)-[:IN_REGION]->(region:Region)
  RETURN
    place.id AS zip_prefix,
    place.city AS city,
    place.state AS state,
    region.id AS region,
    COUNT { (:Region)-[:LANE]->(region) } AS lanes_in,
    place.located AS located
}
RETURN zip_prefix, city, state, region, lanes_in, located, snapshot.state AS snapshot_state
ORDER BY lanes_in, zip_prefix
LIMIT toInteger($k);
