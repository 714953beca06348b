"""The conditional GAN at work: it repaints a veiled picture as the label asks."""

import keras
import numpy as np

from models.audio import FloatArray
from models.inference.path import Stretch
from models.networks.adversarial import NOISE_WIDTH
from models.networks.shapes import N_MELS, WINDOW_FRAMES
from models.pretrained import Pretrained

VEIL = 0.5
"""What a fully veiled picture shows: even grey."""


class CganGenerator:
    """Paints windows from what they are shown, noise and labels."""

    def __init__(self, trained: Pretrained) -> None:
        """Hold a trained network.

        Args:
            trained: The network `cgan`.
        """
        self.name = trained.entry.name
        self.version = trained.entry.version
        self.labels = trained.entry.labels
        self.needs_labels = True
        self.draws_again = False
        self._generator = trained.network

    def vary(self, pictures: FloatArray, label: int | None, strength: float, stretch: Stretch) -> FloatArray:
        """Paint variations of some windows.

        Args:
            pictures: The source's. [n_windows, 100, 128]
            label: Ordinal of its label.
            strength: 0 shows the generator the source as it is, 1 shows it nothing of it.
            stretch: Which windows these are, and what noise is drawn for them.

        Returns:
            [n_windows, 100, 128]
        """
        return self._paint(pictures, self._condition((label, 1.0)), strength, stretch)

    def mix(
        self,
        first: FloatArray,
        second: FloatArray,
        labels: tuple[int | None, int | None],
        blend: float,
        stretch: Stretch,
    ) -> FloatArray:
        """Paint what lies between two sounds: between their pictures, under the mean of their label embeddings.

        Args:
            first: [n_windows, 100, 128]
            second: [n_windows, 100, 128]
            labels: Ordinals of the two labels.
            blend: 0 is the first, 1 is the second.
            stretch: Which windows these are, and what noise is drawn for them.

        Returns:
            [n_windows, 100, 128]
        """
        condition = self._condition((labels[0], 1.0 - blend), (labels[1], blend))
        between = ((1.0 - blend) * first + blend * second).astype(np.float32)
        return self._paint(between, condition, 0.0, stretch)

    def _condition(self, *shares: tuple[int | None, float]) -> FloatArray:
        condition = np.zeros(len(self.labels), dtype=np.float32)
        for label, share in shares:
            if label is not None:
                condition[label] += share
        return condition

    def _paint(self, pictures: FloatArray, condition: FloatArray, strength: float, stretch: Stretch) -> FloatArray:
        anchors = stretch.dice(0).standard_normal((stretch.n_anchors, NOISE_WIDTH)).astype(np.float32)
        noise = stretch.smooth(anchors) * np.float32(strength)
        shares = np.full((len(pictures), 1), strength, dtype=np.float32)
        shown = [
            veiled(picture[None], share, dice)
            for picture, share, dice in zip(pictures, shares, stretch.dice_of_windows(), strict=True)
        ]
        painted = self._generator(
            {
                "picture": np.concatenate(shown),
                "noise": noise,
                "labels": np.tile(condition, (len(pictures), 1)),
            },
            training=False,
        )
        result: FloatArray = keras.ops.convert_to_numpy(painted)
        return result


def veiled(pictures: FloatArray, strength: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Hide pictures behind a grey veil with grain, the more the greater the strength.

    Args:
        pictures: In [0, 1]. [n, 100, 128]
        strength: 0 hides nothing, 1 everything. [n]
        rng: Where the grain comes from.

    Returns:
        [n, 100, 128]
    """
    share = strength[:, None, None]
    grain = rng.standard_normal((len(pictures), WINDOW_FRAMES, N_MELS)).astype(np.float32)
    shown: FloatArray = ((1.0 - share) * pictures + share * (VEIL + 0.15 * grain)).astype(np.float32)
    return shown
