"""Weights as plain named arrays in one .npz: no code, no pickle, the same bytes for the same numbers."""

import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from models.errors import WrongWeights

Arrays = dict[str, npt.NDArray[np.generic]]

EXTRA = "extra/"
"""Prefix of arrays that belong to a network without being its variables (for instance known latent codes)."""


def save(path: Path, network: keras.Model, *, extras: Arrays | None = None) -> None:
    """Write a network's weights.

    Matrices and kernels are kept in half precision: the networks cannot tell, and the file is half as large.

    Args:
        path: File to write, ending in .npz.
        network: Any network.
        extras: Further arrays to keep beside the weights.
    """
    arrays: Arrays = {}
    for name, variable in _named(network).items():
        values = keras.ops.convert_to_numpy(variable)
        arrays[name] = values.astype(np.float16) if values.ndim >= 2 else values
    arrays.update({EXTRA + name: values for name, values in (extras or {}).items()})
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load(path: Path, network: keras.Model) -> Arrays:
    """Read a network's weights into its graph.

    Args:
        path: File that `save` wrote.
        network: The graph that was saved.

    Returns:
        The extras, by name.

    Raises:
        WrongWeights: if the file cannot be read, lacks a weight of this graph or holds it in another shape.
    """
    arrays = _read(path)
    for name, variable in _named(network).items():
        values = arrays.pop(name, None)
        if values is None or tuple(values.shape) != tuple(variable.shape):
            found = None if values is None else list(values.shape)
            raise WrongWeights(
                f"{path.name} holds {name} in shape {found}; {network.name} needs {list(variable.shape)}."
            )
        variable.assign(values.astype(np.float32))
    return {name.removeprefix(EXTRA): values for name, values in arrays.items() if name.startswith(EXTRA)}


def _read(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    # Each has come of a changed byte; a RuntimeError is of a zip that now claims to be encrypted or of a later version.
    except (OSError, ValueError, EOFError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise WrongWeights(f"{path} cannot be read: it is damaged, or no file of weights.", file=str(path)) from error


def _named(network: keras.Model) -> dict[str, keras.Variable]:
    """Weights by place and name: sub-networks may use one name twice."""
    return {f"{ordinal:03d}/{variable.path}": variable for ordinal, variable in enumerate(network.weights)}
