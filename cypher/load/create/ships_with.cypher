// $rows: a list of {seller_id, carrier_id, properties}, none of which is there yet: the loader compares first.
UNWIND $rows AS row
MATCH (a:Seller {id: row.seller_id})
MATCH (b:Carrier {id: row.carrier_id})
CREATE (a)-[r:SHIPS_WITH]->(b)
SET r = row.properties;
