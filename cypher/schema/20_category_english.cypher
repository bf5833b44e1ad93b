CREATE INDEX category_english IF NOT EXISTS FOR (n:Category) ON (n.category_english);
