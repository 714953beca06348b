"""Recipes: YAML beside this file, read into frozen dataclasses; an unknown key or a wrong type is refused."""

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from models.errors import BadSetting, UnknownNetwork
from models.networks.autoencoders import AUTOENCODERS
from models.networks.catalogue import NETWORKS
from models.networks.classifiers import CLASSIFIERS
from models.networks.fusion import FUSION
from models.networks.vocoder import VOCODER
from models.recipes.variety import VarietySettings

COLLAPSED = "vae_collapsed"
"""The recipe that shows the fault of the source work (Moon 2020, Fig. 14) in the network `vae`."""

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class Recipe:
    """What every training needs to know."""

    network: str
    n_epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True)
class ClassifierRecipe(Recipe):
    """How a classifier is trained."""

    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    teacher_weight: float = 0.0
    """Weight of foretelling the teacher's embedding beside telling the label; 0 goes without a teacher."""
    mixup_share: float = 0.0
    """Share of the windows that are averaged with another one, targets too."""
    mask_share: float = 0.0
    """Share of the windows that lose a stretch of time and a band of frequencies."""
    averaging: float = 0.998
    """Memory of the moving average of the weights that is kept in the end."""
    variety: VarietySettings = field(default_factory=VarietySettings)
    foley: VarietySettings = field(default_factory=lambda: VarietySettings(n_windows=0))
    """Windows beside these that are made by formulas; none by default."""


@dataclass(frozen=True)
class RecordedRecipe(Recipe):
    """How Table 1's classifiers are trained: plainly, on windows as they were recorded."""

    n_draws_per_epoch: int = 12000
    """Windows drawn per epoch, rare labels more often than their share."""
    optimizer: str = "adam"
    """One of models.recipes.recorded.OPTIMIZERS."""
    averaging: float = 0.99
    """Memory of the moving average of the weights that is kept in the end."""


@dataclass(frozen=True)
class AutoencoderRecipe(Recipe):
    """How the autoencoder and the variational one are trained."""

    n_draws_per_epoch: int = 16000
    kl_weight: float = 0.0
    kl_rise_epochs: int = 1
    free_nats: float = 0.0


@dataclass(frozen=True)
class LatentFlowRecipe(Recipe):
    """How the variational autoencoder with time in its code, grain and a flow is trained."""

    ears: RecordedRecipe
    """How the classifier is trained whose features are listened with."""
    n_draws_per_epoch: int = 9600
    kl_weight: float = 1.0
    kl_rise_epochs: int = 2
    free_nats: float = 0.05
    likeness_weight: float = 0.5
    """Weight of the features that a classifier hears in the painted picture."""
    label_weight: float = 0.1
    """Weight of the label that it hears."""
    grain_weight: float = 0.3
    """Weight of how grainy the painted picture is."""
    n_flow_epochs: int = 6
    n_flow_draws_per_epoch: int = 19200
    flow_batch_size: int = 64


@dataclass(frozen=True)
class LatentCganRecipe(Recipe):
    """How the conditional GAN on codes is trained."""

    n_draws_per_epoch: int = 9600
    restoration_weight: float = 5.0
    """Weight of the absolute error where the code is shown."""
    style_weight: float = 1.0
    """Weight of keeping to the style that it is told."""
    matching_weight: float = 1.0
    """Weight of looking, on average, to the discriminator as codes of sounds do."""


@dataclass(frozen=True)
class CganRecipe(Recipe):
    """How the conditional GAN is trained."""

    n_draws_per_epoch: int = 6000
    restoration_weight: float = 20.0
    label_noise: float = 0.1
    """Standard deviation of the grain on what the discriminator sees, at first; it fades to a tenth."""


@dataclass(frozen=True)
class VocoderRecipe(Recipe):
    """How the vocoder is trained."""

    n_draws_per_epoch: int = 1200
    crop_frames: int = 96
    quietest_dbfs: float = -42.0
    loudest_dbfs: float = -14.0
    """RMS that crops are brought to, at random."""
    bin_weight: float = 0.1
    """Weight of single bins' levels beside those of bands."""
    convergence_weight: float = 0.1
    """Weight of spectral convergence, which hears the loudest best."""
    n_rising_steps: int = 200
    """Steps until the learning rate is at its peak; then it falls with the square root of the steps."""
    averaging: float = 0.998
    """Memory of the moving average of the weights that is kept."""


@dataclass(frozen=True)
class FusionRecipe(Recipe):
    """How the second opinion is trained."""

    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    recorded_share: float = 0.0
    """Share of what the heads learn from that are windows as recorded; the others are made."""
    regression_strength: float = 3e-3
    """Inverse strength of the regression's penalty (C)."""


def recipe_kind(network: str) -> type[Recipe]:
    """The kind of recipe that a network is trained by.

    Raises:
        UnknownNetwork: if there is no such network to train.
    """
    if network == "cnn1d_tuned":
        return ClassifierRecipe
    if network in CLASSIFIERS:
        return RecordedRecipe
    if network in AUTOENCODERS or network == COLLAPSED:
        return AutoencoderRecipe
    if network == "latent_flow":
        return LatentFlowRecipe
    if network == "latent_cgan":
        return LatentCganRecipe
    if network == "cgan":
        return CganRecipe
    if network == VOCODER:
        return VocoderRecipe
    if network == FUSION:
        return FusionRecipe
    raise UnknownNetwork(f"No recipe for {network!r}; there are {', '.join(NETWORKS)}.", known=list(NETWORKS))


def read_recipe(network: str) -> Recipe:
    """Read a network's recipe.

    Args:
        network: One of models.networks.catalogue.NETWORKS, "fusion" or "vae_collapsed".

    Returns:
        The recipe of its kind.

    Raises:
        UnknownNetwork: if there is no such network to train.
        BadSetting: if the file has an unknown key or a value of a wrong type.
    """
    kind = recipe_kind(network)
    text = (CONFIGS / f"{network}.yaml").read_text(encoding="utf-8")
    return typing.cast(Recipe, from_mapping(kind, yaml.safe_load(text)))


def from_mapping(kind: type[Any], mapping: dict[str, Any]) -> Any:
    """Read a frozen dataclass from what YAML gives.

    Args:
        kind: The dataclass; its fields are numbers, strings, tuples of numbers or dataclasses.
        mapping: Keys and values.

    Returns:
        An instance.

    Raises:
        BadSetting: if a key is unknown or missing, or a value is of a wrong type.
    """
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(mapping) - set(hints))
    if unknown:
        raise BadSetting(f"{kind.__name__} has no {', '.join(unknown)}.", unknown=unknown)
    values = {name: _read_value(f"{kind.__name__}.{name}", hints[name], value) for name, value in mapping.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise BadSetting(f"{kind.__name__} is not complete: {error}.") from error


def _read_value(name: str, hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return from_mapping(hint, value)
    if isinstance(typing.get_origin(hint), type) and issubclass(typing.get_origin(hint), tuple):
        if isinstance(value, list):
            return tuple(value)
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(hint, type | types.UnionType) and isinstance(value, hint) and not isinstance(value, bool):
        return value
    raise BadSetting(f"{name} is {value!r}, which is no {hint}.", setting=name)
