"""The event stream: the log, the clock that plays it, the one state that every event moves, its windows."""
