"""A marketplace made up from a seed, with Olist's tables and a truth that is known exactly."""
