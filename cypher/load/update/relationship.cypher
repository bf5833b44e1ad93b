// $rows: a list of {element, properties}; a null takes the property away, others of the relationship stay.
UNWIND $rows AS row
MATCH ()-[r]->() WHERE elementId(r) = row.element
SET r += row.properties;
