"""The event stream, past or live: fold events into state, and state into snapshots."""
