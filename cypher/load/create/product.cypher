// $rows: a list of {properties: {id, …}}.
UNWIND $rows AS row
MERGE (n:Product {id: row.properties.id})
SET n += row.properties;
