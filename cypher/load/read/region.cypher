// Every Region, in the columns of regions; see graph/stores/neo4j_elements.py.
MATCH (n:Region)
RETURN
  elementId(n) AS element,
  n.id AS region,
  n.lat AS lat,
  n.lng AS lng,
  n.state AS state;
