"""How Malha and the servers beside it are set up."""
