// $rows: a list of {seller_id, zip_prefix}.
UNWIND $rows AS row
MATCH (a:Seller {id: row.seller_id})
MATCH (b:ZipPrefix {id: row.zip_prefix})
MERGE (a)-[:LOCATED_IN]->(b);
