// $rows: a list of {warehouse_id, zip_prefix}.
UNWIND $rows AS row
MATCH (a:Warehouse {id: row.warehouse_id})
MATCH (b:ZipPrefix {id: row.zip_prefix})
MERGE (a)-[:LOCATED_IN]->(b);
