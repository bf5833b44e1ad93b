// Every Carrier, in the columns of carriers; see graph/stores/neo4j_elements.py.
MATCH (n:Carrier)
RETURN
  elementId(n) AS element,
  n.id AS carrier_id,
  n.service AS service,
  n.base_cents AS base_cents,
  n.cents_per_kg AS cents_per_kg,
  n.cents_per_km AS cents_per_km,
  n.max_weight_g AS max_weight_g,
  n.max_side_cm AS max_side_cm,
  n.cut_off_hour AS cut_off_hour,
  n.pickup_weekdays AS pickup_weekdays;
