// $rows: a list of {properties: {id, …}}.
UNWIND $rows AS row
MERGE (n:Category {id: row.properties.id})
SET n += row.properties;
