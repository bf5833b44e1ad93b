// Every LANE of a Region, in the columns of lanes; see graph/stores/neo4j_elements.py.
MATCH (a:Region)-[r:LANE]->(b:Region)
RETURN
  elementId(r) AS element,
  a.id AS from_region,
  b.id AS to_region,
  r.carrier_id AS carrier_id,
  r.mean_days AS mean_days,
  r.var_days AS var_days,
  r.p50_days AS p50_days,
  r.p80_days AS p80_days,
  r.p95_days AS p95_days,
  r.transit_mean_days AS transit_mean_days,
  r.transit_var_days AS transit_var_days,
  r.n AS n,
  r.basis AS basis,
  r.distance_km AS distance_km,
  r.freight_cents_per_kg AS freight_cents_per_kg,
  r.last_seen.epochSeconds * 1000000 + r.last_seen.microsecond AS last_seen,
  r.stale AS stale,
  r.stale_since.epochSeconds * 1000000 + r.stale_since.microsecond AS stale_since;
