// Every Category, in the columns of categories; see graph/stores/neo4j_elements.py.
MATCH (n:Category)
RETURN
  elementId(n) AS element,
  n.id AS category,
  n.category_english AS category_english;
