"""Speed and memory, measured against peers in one run; nothing here is asserted in tests."""
