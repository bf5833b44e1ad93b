// $rows: a list of {properties: {id, …}}.
UNWIND $rows AS row
MERGE (n:Seller {id: row.properties.id})
SET n += row.properties;
