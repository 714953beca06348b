"""Sounds made in a latent code that keeps time: encode, draw anew as far as asked, decode, and lay grain on it."""

from typing import Protocol

import keras
import numpy as np

from models.audio import FloatArray
from models.audio.grain import grain_db
from models.inference.blending import BOTH_SHARE, balanced, both_at_once
from models.inference.path import Stretch, draw_rows, stream_of
from models.inference.pictures import PICTURE_RANGE_DB
from models.networks.latent_flow import FRAMES_PER_SLOT, SLOT_WIDTH
from models.networks.shapes import N_MELS, WINDOW_FRAMES
from models.pretrained import Pretrained

CODE_MEAN, CODE_SCALE = "code_mean", "code_scale"
"""What codes are standardised by. [16] each"""
KNOWN_STYLES = "known_styles"
"""Styles of known sounds. [n_styles, 32]"""
KNOWN_LABELS = "known_labels"
"""Ordinal of each style's label. [n_styles]"""


class Draw(Protocol):
    """Draws codes anew: what the flow and the conditional GAN do each in its own way."""

    def __call__(
        self, codes: FloatArray, strength: float, noise: FloatArray, labels: FloatArray, style: FloatArray
    ) -> FloatArray:
        """Draw.

        Args:
            codes: Standardised. [n, 25, 16]
            strength: Above 0; at 1 nothing of the codes is left.
            noise: [n, 25, 16]
            labels: Weights that add up to 1, or to 0 where nothing is known of the label. [n, n_labels]
            style: What sound it shall be. [n, 32]

        Returns:
            Codes. [n, 25, 16]
        """


class CodePainter:
    """Paints windows from latent codes that it draws."""

    def __init__(
        self, trained: Pretrained, draw: Draw, *, needs_labels: bool, draws_again: bool, blend_strength: float
    ) -> None:
        """Hold a trained network.

        Args:
            trained: A network with `encoder` and `decoder`, with its scaling and known styles.
            draw: How it draws codes.
            needs_labels: Whether it can do nothing with a label that it never learnt.
            draws_again: Whether of several draws the one that resembles the source most is kept.
            blend_strength: How far the middle of a blend is drawn anew.
        """
        self.name = trained.entry.name
        self.version = trained.entry.version
        self.labels = trained.entry.labels
        self.needs_labels = needs_labels
        self.draws_again = draws_again
        self._draw = draw
        self._blend_strength = blend_strength
        self._encoder = trained.network.get_layer("encoder")
        self._decoder = trained.network.get_layer("decoder")
        self._mean = trained.extras[CODE_MEAN].astype(np.float32)
        self._scale = trained.extras[CODE_SCALE].astype(np.float32)
        self._styles = trained.extras[KNOWN_STYLES].astype(np.float32)
        self._style_labels = trained.extras[KNOWN_LABELS]

    def encode(self, pictures: FloatArray) -> FloatArray:
        """Find pictures' latent codes, standardised. [n, 100, 128] -> [n, 25, 16]."""
        mean = keras.ops.convert_to_numpy(self._encoder(pictures, training=False)["mean"])
        codes: FloatArray = (mean - self._mean) / self._scale
        return codes

    def decode(self, codes: FloatArray, grain: FloatArray | None = None) -> FloatArray:
        """Paint latent codes, smooth or with grain.

        Args:
            codes: Standardised. [n, 25, 16]
            grain: In pictures' units. [n, 100, 128]

        Returns:
            [n, 100, 128]
        """
        if grain is None:
            grain = np.zeros((len(codes), WINDOW_FRAMES, N_MELS), dtype=np.float32)
        shown = {"code": codes * self._scale + self._mean, "grain": grain}
        pictures: FloatArray = keras.ops.convert_to_numpy(self._decoder(shown, training=False)["picture"])
        return pictures

    def vary(self, pictures: FloatArray, label: int | None, strength: float, stretch: Stretch) -> FloatArray:
        """Paint variations of some windows.

        Args:
            pictures: The source's. [n_windows, 100, 128]
            label: Ordinal of its label; None for a trigger that was never learnt, whose style stays the source's own.
            strength: How far the source's codes go into noise: 0 keeps them, 1 leaves nothing of them.
            stretch: Which windows these are, and what is drawn for them.

        Returns:
            [n_windows, 100, 128]
        """
        codes = self.encode(pictures)
        if strength > 0.0:
            weights = self._weights(len(codes), label, 1.0)
            style = style_of(codes)
            if label is not None:
                style = _between(style, self._free_style(label, stretch), strength)
            codes = self._draw(codes, strength, _noise(stretch), weights, style)
        return self.decode(codes, self._grain(stretch))

    def mix(
        self,
        first: FloatArray,
        second: FloatArray,
        labels: tuple[int | None, int | None],
        blend: float,
        stretch: Stretch,
    ) -> FloatArray:
        """Paint what lies between two sounds, window by window.

        Args:
            first: [n_windows, 100, 128]
            second: [n_windows, 100, 128]
            labels: Ordinals of the two labels, None where one was never learnt.
            blend: 0 is the first, 1 is the second.
            stretch: Which windows these are, and what is drawn for them.

        Returns:
            [n_windows, 100, 128]
        """
        one, other = self.encode(first), self.encode(second)
        # As far from the centre as its parents, which half way along the straight line between them it would not be: of
        # straight blends of tapping and brushing the classifier recognised 38 %, of these 87 %.
        codes = _between(one, other, blend) / np.float32(np.hypot(1.0 - blend, blend))
        codes = _between(codes, self.encode(both_at_once(first, second, blend)), BOTH_SHARE)
        strength = self._blend_strength * 4.0 * blend * (1.0 - blend)
        if strength > 0.0:
            weights = self._weights(len(codes), labels[0], 1.0 - blend) + self._weights(len(codes), labels[1], blend)
            style = _between(style_of(one), style_of(other), blend)
            codes = self._draw(codes, strength, _noise(stretch), weights, style)
        return balanced(self.decode(codes, self._grain(stretch)), first, second, blend)

    def _weights(self, n: int, label: int | None, share: float) -> FloatArray:
        weights = np.zeros((n, len(self.labels)), dtype=np.float32)
        if label is not None:
            weights[:, label] = share
        return weights

    def _free_style(self, label: int, stretch: Stretch) -> FloatArray:
        """A path through the styles of a label's known sounds. [n_windows, 32]."""
        known = self._styles[self._style_labels == label]
        return stretch.smooth(known[draw_rows(len(known), stretch.n_anchors, stretch.dice(0))])

    def _grain(self, stretch: Stretch) -> FloatArray:
        """Grain of each window, the same wherever windows share a frame. [n_windows, 100, 128] in pictures' units."""
        frames = stretch.first_frames[:, None] + np.arange(WINDOW_FRAMES)
        if stretch.lap_frames is not None:
            frames %= stretch.lap_frames
        first = int(frames.min())
        timeline = grain_db(first, int(frames.max()) + 1 - first, seed=stretch.seed)
        return timeline[frames - first] / np.float32(PICTURE_RANGE_DB)


def style_of(codes: FloatArray) -> FloatArray:
    """What sound a code is of: its rows' mean and deviation. [n, n_slots, 16] -> [n, 32]."""
    return np.concatenate([codes.mean(axis=1), codes.std(axis=1)], axis=1)


def _between(first: FloatArray, second: FloatArray, share: float) -> FloatArray:
    between: FloatArray = ((1.0 - share) * first + share * second).astype(np.float32)
    return between


def _noise(stretch: Stretch) -> FloatArray:
    """Noise of the windows' slots, the same for every window that has a slot. -> [n_windows, 25, 16]."""
    slots = stretch.first_frames[:, None] // FRAMES_PER_SLOT + np.arange(WINDOW_FRAMES // FRAMES_PER_SLOT)
    if stretch.lap_frames is not None:
        slots %= stretch.lap_frames // FRAMES_PER_SLOT
    distinct, places = np.unique(slots, return_inverse=True)
    rows = [stream_of(stretch.seed, 4, slot).standard_normal(SLOT_WIDTH) for slot in distinct.tolist()]
    return np.array(rows, dtype=np.float32)[places.reshape(slots.shape)]
