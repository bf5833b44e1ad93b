// $rows: a list of {product_id, category}.
UNWIND $rows AS row
MATCH (a:Product {id: row.product_id})
MATCH (b:Category {id: row.category})
MERGE (a)-[:IN_CATEGORY]->(b);
