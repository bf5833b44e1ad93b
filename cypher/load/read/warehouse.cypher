// Every Warehouse, in the columns of warehouses; see graph/stores/neo4j_elements.py.
MATCH (n:Warehouse)
RETURN
  elementId(n) AS element,
  n.id AS warehouse_id,
  n.capacity_units AS capacity_units,
  n.fixed_cost_cents_per_day AS fixed_cost_cents_per_day,
  n.handling_hours AS handling_hours,
  n.daily_capacity_orders AS daily_capacity_orders,
  n.cutoff_hour_local AS cutoff_hour_local;
