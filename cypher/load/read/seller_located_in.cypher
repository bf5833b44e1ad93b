// Every LOCATED_IN of a Seller, in the columns of sellers; see graph/stores/neo4j_elements.py.
MATCH (a:Seller)-[r:LOCATED_IN]->(b:ZipPrefix)
RETURN
  elementId(r) AS element,
  a.id AS seller_id,
  b.id AS zip_prefix;
