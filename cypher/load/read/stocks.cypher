// Every STOCKS of a Warehouse, in the columns of stocks; see graph/stores/neo4j_elements.py.
MATCH (a:Warehouse)-[r:STOCKS]->(b:Product)
RETURN
  elementId(r) AS element,
  a.id AS warehouse_id,
  r.seller_id AS seller_id,
  b.id AS product_id,
  r.units AS units;
