// Every ZipPrefix, in the columns of zip_prefixes; see graph/stores/neo4j_elements.py.
MATCH (n:ZipPrefix)
RETURN
  elementId(n) AS element,
  n.id AS zip_prefix,
  n.lat AS lat,
  n.lng AS lng,
  n.city AS city,
  n.state AS state,
  n.located AS located;
