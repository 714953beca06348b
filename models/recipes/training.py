"""The training loop that all networks share: seeded, logged, and resumed where it stopped."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.errors import WrongWeights

CHECKPOINT = "checkpoint.npz"
HISTORY = "history.json"

Batch = tuple[Any, Any]
"""What a network is shown and what it should have said."""


@dataclass(frozen=True)
class Loop:
    """One training."""

    trainee: keras.Model
    """Compiled."""
    batches: Callable[[int], Iterator[Batch]]
    """The batches of an epoch; the same epoch gives the same batches."""
    n_epochs: int
    out: Path
    before_epoch: Callable[[int], None] | None = None
    after_epoch: Callable[[int], dict[str, float]] | None = None
    """What it measures joins the history."""


def train(loop: Loop, *, resume: bool, tell: Callable[[str], None]) -> list[dict[str, float]]:
    """Train to the end, keeping a checkpoint after each epoch.

    Args:
        loop: What to train on what.
        resume: Go on from the checkpoint in loop.out, where there is one.
        tell: Where progress goes, a line per epoch.

    Returns:
        Mean losses and seconds of each epoch.

    Raises:
        WrongWeights: if the checkpoint is of another network.
    """
    loop.out.mkdir(parents=True, exist_ok=True)
    history: list[dict[str, float]] = []
    if resume and (loop.out / CHECKPOINT).exists():
        _restore(loop)
        history = json.loads((loop.out / HISTORY).read_text(encoding="utf-8"))
        tell(f"Going on after epoch {len(history)}")
    for epoch in range(len(history), loop.n_epochs):
        if loop.before_epoch is not None:
            loop.before_epoch(epoch)
        history.append(_one_epoch(loop, epoch))
        if loop.after_epoch is not None:
            history[-1].update(loop.after_epoch(epoch))
        shown = "  ".join(f"{name} {value:.4g}" for name, value in history[-1].items())
        tell(f"epoch {epoch + 1} of {loop.n_epochs}  {shown}")
        _keep(loop, history)
    return history


def _one_epoch(loop: Loop, epoch: int) -> dict[str, float]:
    started_s = time.monotonic()
    totals: dict[str, float] = {}
    n_batches = 0
    for shown, wanted in loop.batches(epoch):
        loop.trainee.reset_metrics()
        n_batches += 1
        for name, value in loop.trainee.train_on_batch(shown, wanted, return_dict=True).items():
            totals[name] = totals.get(name, 0.0) + float(value)
    means = {name: round(total / n_batches, 5) for name, total in totals.items()}
    return {**means, "n_batches": n_batches, "seconds": round(time.monotonic() - started_s, 1)}


def _variables(loop: Loop) -> list[Any]:
    loop.trainee.optimizer.build(loop.trainee.trainable_variables)
    return [*loop.trainee.variables, *loop.trainee.optimizer.variables]


def _keep(loop: Loop, history: list[dict[str, float]]) -> None:
    arrays = {f"{ordinal:04d}": keras.ops.convert_to_numpy(value) for ordinal, value in enumerate(_variables(loop))}
    part = loop.out / (CHECKPOINT + ".part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    (loop.out / HISTORY).write_text(json.dumps(history, indent=1), encoding="utf-8")
    os.replace(part, loop.out / CHECKPOINT)


def _restore(loop: Loop) -> None:
    variables = _variables(loop)
    with np.load(loop.out / CHECKPOINT, allow_pickle=False) as file:
        shapes = [file[name].shape for name in file.files]
        if shapes != [tuple(variable.shape) for variable in variables]:
            raise WrongWeights(f"{loop.out / CHECKPOINT} is the checkpoint of another network.")
        for variable, name in zip(variables, sorted(file.files), strict=True):
            variable.assign(file[name])


def learning_rate(peak: float, n_steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rise quickly to the peak, then fall along a cosine to nearly nothing."""
    n_rising = max(1, n_steps // 20)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak * 0.05,
        decay_steps=max(1, n_steps - n_rising),
        alpha=0.01,
        warmup_target=peak,
        warmup_steps=n_rising,
    )


@keras.saving.register_keras_serializable(package="deepasmr")
class FadingRate(keras.optimizers.schedules.LearningRateSchedule):
    """Rise to the peak, then fall with the square root of the steps: a training may stop anywhere, or go on."""

    def __init__(self, peak: float, n_rising: int) -> None:
        """Build.

        Args:
            peak: The highest rate.
            n_rising: Steps until it is reached.
        """
        self.peak, self.n_rising = peak, n_rising

    def __call__(self, step: Any) -> Any:
        """Rate at a step."""
        done = (keras.ops.cast(step, "float32") + 1.0) / self.n_rising
        return self.peak * keras.ops.minimum(done, keras.ops.rsqrt(done))

    def get_config(self) -> dict[str, Any]:
        """Settings, for Keras."""
        return {"peak": self.peak, "n_rising": self.n_rising}
