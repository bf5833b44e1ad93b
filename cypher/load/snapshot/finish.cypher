// $properties: all that the Snapshot node holds. There is one such node, whatever was there before.
MERGE (s:Snapshot)
WITH collect(s) AS found
FOREACH (extra IN tail(found) | DETACH DELETE extra)
WITH head(found) AS s
SET s = $properties;
