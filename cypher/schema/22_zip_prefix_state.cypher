CREATE INDEX zip_prefix_state IF NOT EXISTS FOR (n:ZipPrefix) ON (n.state);
