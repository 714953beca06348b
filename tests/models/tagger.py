"""A tiny file that looks like YAMNet from outside: same input, same tensor inside, but it hears next to nothing."""

from pathlib import Path

import numpy as np


def write_tagger(path: Path, *, seed: int = 0, name: str = "yamnet_frames/global_average_pooling2d/Mean") -> Path:
    """Convert a graph of two products with TensorFlow's own converter."""
    import tensorflow as tf

    kernel = np.random.default_rng(seed).standard_normal((156, 1024)).astype(np.float32) / 12.0
    classes = np.ones((1024, 521), dtype=np.float32) / 1024.0

    @tf.function(input_signature=[tf.TensorSpec([1, 15600], tf.float32, name="input_1")])
    def tag(samples):
        maps = tf.nn.relu(tf.reshape(tf.matmul(tf.reshape(samples, [100, 156]), kernel), [1, 10, 10, 1024]))
        embedding = tf.reduce_mean(maps, axis=[1, 2], name=name)
        return tf.sigmoid(tf.matmul(embedding, classes))

    converter = tf.lite.TFLiteConverter.from_concrete_functions([tag.get_concrete_function()])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(converter.convert())
    return path
