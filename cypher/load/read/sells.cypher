// Every SELLS of a Seller, in the columns of offers; see graph/stores/neo4j_elements.py.
MATCH (a:Seller)-[r:SELLS]->(b:Product)
RETURN
  elementId(r) AS element,
  b.id AS product_id,
  a.id AS seller_id,
  r.price_cents AS price_cents,
  r.n AS n,
  r.last_sold.epochSeconds * 1000000 + r.last_sold.microsecond AS last_sold;
