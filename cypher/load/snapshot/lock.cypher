// Never committed: as long as the loader's transaction is open, no second one can create this node.
CREATE (:Snapshot {id: 'being loaded'});
