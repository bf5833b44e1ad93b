// Every LANE_MONTH of a Region, in the columns of lane_months; see graph/stores/neo4j_elements.py.
MATCH (a:Region)-[r:LANE_MONTH]->(b:Region)
RETURN
  elementId(r) AS element,
  a.id AS from_region,
  b.id AS to_region,
  r.carrier_id AS carrier_id,
  r.month AS month,
  r.mean_days AS mean_days,
  r.var_days AS var_days,
  r.late_share AS late_share,
  r.n AS n;
