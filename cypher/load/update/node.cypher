// $rows: a list of {element, properties}; a null takes the property away, others of the node stay.
UNWIND $rows AS row
MATCH (n) WHERE elementId(n) = row.element
SET n += row.properties;
