// From here to the end of the load, every saved query says 'loading'.
MERGE (s:Snapshot)
SET s.state = 'loading';
