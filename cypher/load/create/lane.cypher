// $rows: a list of {from_region, to_region, properties}, none of which is there yet: the loader compares first.
UNWIND $rows AS row
MATCH (a:Region {id: row.from_region})
MATCH (b:Region {id: row.to_region})
CREATE (a)-[r:LANE]->(b)
SET r = row.properties;
