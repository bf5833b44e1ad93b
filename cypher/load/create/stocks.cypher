// $rows: a list of {warehouse_id, product_id, properties}, none of which is there yet: the loader compares first.
UNWIND $rows AS row
MATCH (a:Warehouse {id: row.warehouse_id})
MATCH (b:Product {id: row.product_id})
CREATE (a)-[r:STOCKS]->(b)
SET r = row.properties;
