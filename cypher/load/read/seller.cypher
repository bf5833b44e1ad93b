// Every Seller, in the columns of sellers; see graph/stores/neo4j_elements.py.
MATCH (n:Seller)
RETURN
  elementId(n) AS element,
  n.id AS seller_id,
  n.city AS city,
  n.state AS state,
  n.effect_log AS effect_log,
  n.handling_mean_days AS handling_mean_days,
  n.handling_var_days AS handling_var_days,
  n.n AS n;
