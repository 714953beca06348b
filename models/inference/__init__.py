"""Use of a trained network.

classify   windows to probabilities and embeddings
tagger, second_opinion    a YAMNet that the operator points at, and our fusion with what it hears
listen     a stream of audio, window by window, in flat memory
pictures   between dB and the [0, 1] pictures that generators paint
path       from overlapping windows to a picture of any length
vae, cgan  the two generators
generate   vary one sound, mix two
"""
