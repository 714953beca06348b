"""The fusion: what our own classifier tells, weighed against our heads on a tagger's embedding.

Opinions are combined where probabilities multiply: a weighted sum of their logarithms. Each of them may be trained by
itself, so that the classifier, which knows its training recordings by heart, does not drown the others.
"""

import keras
from keras import KerasTensor, layers, ops

FUSION = "fusion"
TAGGER_EMBEDDING_WIDTH = 1024
N_HEADS = 3
HEAD_WIDTH = 256
HEAD_DROPOUTS = (0.3, 0.5)
"""Of the embedding and of a head's hidden layer."""
LEAST_LOG = -20.0
"""An opinion that is quite sure of the wrong thing must not be able to silence the others for good."""


@keras.saving.register_keras_serializable(package="deepasmr")
class WeighedOpinions(layers.Layer):
    """Add up the logarithms of several opinions' probabilities, each with a weight, and one offset for each label.

    Input shape: logits. [batch, n_labels] each
    Output shape: logits. [batch, n_labels]
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Make the weights: all opinions count alike until a recipe knows better."""
        n_opinions, n_labels = len(input_shape), input_shape[0][-1]
        self.weights_of_opinions = self.add_weight(
            shape=(n_opinions,), initializer=keras.initializers.Constant(1.0 / n_opinions), name="weights"
        )
        self.offsets = self.add_weight(shape=(n_labels,), initializer="zeros", name="offsets")
        self.built = True

    def call(self, opinions: list[KerasTensor]) -> KerasTensor:
        """Weigh. n_opinions times [batch, n_labels] -> [batch, n_labels]."""
        logs = ops.stack([ops.maximum(ops.log_softmax(each, axis=-1), LEAST_LOG) for each in opinions], axis=-1)
        return ops.sum(logs * self.weights_of_opinions, axis=-1) + self.offsets

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Same as one opinion's."""
        return input_shape[0]


def build_head(name: str, *, n_labels: int) -> keras.Model:
    """Build one head, untrained.

    Args:
        name: Of the graph.
        n_labels: Labels that it tells apart.

    Returns:
        From a tagger's embedding [batch, 1024] to logits [batch, n_labels].
    """
    embedding = keras.Input((TAGGER_EMBEDDING_WIDTH,), name=f"{name}_embedding")
    hidden = layers.Dropout(HEAD_DROPOUTS[0], name=f"{name}_dropout_1")(embedding)
    hidden = layers.Dense(HEAD_WIDTH, activation="elu", name=f"{name}_hidden")(hidden)
    hidden = layers.Dropout(HEAD_DROPOUTS[1], name=f"{name}_dropout_2")(hidden)
    return keras.Model(embedding, layers.Dense(n_labels, name=f"{name}_logits")(hidden), name=name)


def build_fusion(*, n_labels: int) -> keras.Model:
    """Build the fusion's graph, untrained.

    Args:
        n_labels: Labels of the taxonomy.

    Returns:
        From {"logits": the classifier's [batch, n_labels], "tagger": the embedding [batch, 1024]} to logits
        [batch, n_labels]. Its opinions are, in order, the classifier, the mean of the heads, the plain regression.
    """
    classifier = keras.Input((n_labels,), name="logits")
    embedding = keras.Input((TAGGER_EMBEDDING_WIDTH,), name="tagger")
    standard = layers.Normalization(name="standard")
    standard.build((None, TAGGER_EMBEDDING_WIDTH))
    standardised = standard(embedding)
    told = [build_head(f"head_{ordinal}", n_labels=n_labels)(standardised) for ordinal in range(N_HEADS)]
    heads = layers.Average(name="heads")(told)
    regression = layers.Dense(n_labels, name="regression")(standardised)
    fused = WeighedOpinions(name="weighed")([classifier, heads, regression])
    return keras.Model({"logits": classifier, "tagger": embedding}, fused, name=FUSION)
