// Every LOCATED_IN of a Warehouse, in the columns of warehouses; see graph/stores/neo4j_elements.py.
MATCH (a:Warehouse)-[r:LOCATED_IN]->(b:ZipPrefix)
RETURN
  elementId(r) AS element,
  a.id AS warehouse_id,
  b.id AS zip_prefix;
