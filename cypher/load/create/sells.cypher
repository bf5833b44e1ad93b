// $rows: a list of {seller_id, product_id, properties}, none of which is there yet: the loader compares first.
UNWIND $rows AS row
MATCH (a:Seller {id: row.seller_id})
MATCH (b:Product {id: row.product_id})
CREATE (a)-[r:SELLS]->(b)
SET r = row.properties;
