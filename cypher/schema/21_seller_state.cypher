CREATE INDEX seller_state IF NOT EXISTS FOR (n:Seller) ON (n.state);
