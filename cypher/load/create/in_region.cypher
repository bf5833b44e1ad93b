// $rows: a list of {zip_prefix, region}.
UNWIND $rows AS row
MATCH (a:ZipPrefix {id: row.zip_prefix})
MATCH (b:Region {id: row.region})
MERGE (a)-[:IN_REGION]->(b);
