"""The online lead-time model: one event loop for build, backtest and live service."""
