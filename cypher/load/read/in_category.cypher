// Every IN_CATEGORY of a Product, in the columns of products; see graph/stores/neo4j_elements.py.
MATCH (a:Product)-[r:IN_CATEGORY]->(b:Category)
RETURN
  elementId(r) AS element,
  a.id AS product_id,
  b.id AS category;
