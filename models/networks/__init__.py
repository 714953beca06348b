"""Graphs in Keras 3 (keras.ops only): what the networks are, not what they were trained on."""
