// Every IN_REGION of a ZipPrefix, in the columns of zip_prefixes; see graph/stores/neo4j_elements.py.
MATCH (a:ZipPrefix)-[r:IN_REGION]->(b:Region)
RETURN
  elementId(r) AS element,
  a.id AS zip_prefix,
  b.id AS region;
