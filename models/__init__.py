"""Everything that knows sound: signal code, networks, their use and their training. Knows nothing of the web."""
