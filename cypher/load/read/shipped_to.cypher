// Every SHIPPED_TO of a ZipPrefix, in the columns of zip_pairs; see graph/stores/neo4j_elements.py.
MATCH (a:ZipPrefix)-[r:SHIPPED_TO]->(b:ZipPrefix)
RETURN
  elementId(r) AS element,
  a.id AS from_zip_prefix,
  b.id AS to_zip_prefix,
  r.carrier_id AS carrier_id,
  r.category AS category,
  r.n AS n,
  r.mean_days AS mean_days,
  r.var_days AS var_days,
  r.approval_mean_days AS approval_mean_days,
  r.approval_var_days AS approval_var_days,
  r.handling_mean_days AS handling_mean_days,
  r.handling_var_days AS handling_var_days,
  r.transit_mean_days AS transit_mean_days,
  r.transit_var_days AS transit_var_days,
  r.late_share AS late_share,
  r.distance_km AS distance_km,
  r.km_per_day AS km_per_day,
  r.last_seen.epochSeconds * 1000000 + r.last_seen.microsecond AS last_seen;
