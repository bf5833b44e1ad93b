// Every SHIPS_WITH of a Seller, in the columns of seller_carriers; see graph/stores/neo4j_elements.py.
MATCH (a:Seller)-[r:SHIPS_WITH]->(b:Carrier)
RETURN
  elementId(r) AS element,
  a.id AS seller_id,
  b.id AS carrier_id,
  r.n AS n,
  r.mean_days AS mean_days,
  r.var_days AS var_days;
