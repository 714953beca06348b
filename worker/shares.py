"""Which part of a video's whole walk, from its address to its sounds, is over when; the bar never goes back."""

LOOKED_UP = 0.03
DOWNLOADED = 0.35

HEARD = 0.8
"""Share of the labelling alone that is over when the recording was heard once and cutting begins."""
