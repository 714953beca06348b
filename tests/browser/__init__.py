"""Journeys in a real browser; a package, so that its platform starts once and stops with its last journey."""
