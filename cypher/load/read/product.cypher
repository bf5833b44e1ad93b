// Every Product, in the columns of products; see graph/stores/neo4j_elements.py.
MATCH (n:Product)
RETURN
  elementId(n) AS element,
  n.id AS product_id,
  n.weight_g AS weight_g,
  n.volume_cm3 AS volume_cm3,
  n.longest_side_cm AS longest_side_cm;
