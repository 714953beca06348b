"""Shapes that all networks share."""

WINDOW_FRAMES = 100
"""Frames of one window: one second at a hop of 10 ms."""

N_MELS = 128
"""Mel bands of one frame."""

WINDOW_SAMPLES = 44100
"""Samples of one window of raw audio, for the one network that takes it."""

EMBEDDING_WIDTH = 256
"""Width of every classifier's penultimate activation; the database's vector column has the same width."""

LATENT_WIDTH = 256
"""Width of the autoencoders' latent code, as in the source work."""
