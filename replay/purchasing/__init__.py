"""Purchase orders: what was ordered again, what came of it, and who is told."""
