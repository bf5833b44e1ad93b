// $rows: a list of {from_zip_prefix, to_zip_prefix, properties}, none of which is there yet: the loader compares first.
UNWIND $rows AS row
MATCH (a:ZipPrefix {id: row.from_zip_prefix})
MATCH (b:ZipPrefix {id: row.to_zip_prefix})
CREATE (a)-[r:SHIPPED_TO]->(b)
SET r = row.properties;
