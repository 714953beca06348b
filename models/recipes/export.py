"""The shipped classifier to take away: ONNX and TFLite files that say themselves how to feed them.

Nothing here is imported when serving. What a user must get right outside is the mel picture, so its settings and the
level normalisation inside the graph travel in the file's metadata, with labels, version and temperature.
"""

import dataclasses
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import keras
import numpy as np

from models.audio import FloatArray
from models.errors import UnknownNetwork
from models.networks.classifiers import CLASSIFIERS
from models.networks.layers import LevelNormalisation
from models.networks.shapes import N_MELS, WINDOW_FRAMES
from models.pretrained import Pretrained, load

METADATA_NAME = "deepasmr"
"""Under which TFLite keeps the description; ONNX keeps each of its entries by its own name."""


class Format(StrEnum):
    """A file format that other runtimes read."""

    ONNX = "onnx"
    TFLITE = "tflite"


@dataclass(frozen=True)
class Exported:
    """A file that was written and heard."""

    n_bytes: int
    logit_error: float
    """Largest difference between the file's logits and the network's."""
    n_windows: int
    """How many windows were compared."""


def export_network(name: str, form: Format, out: Path) -> Exported:
    """Write a promoted classifier to a file, and compare what the file tells with what the network tells.

    Args:
        name: A classifier of mel windows in the manifest.
        form: Of the file.
        out: The file.

    Returns:
        Its size and how far it differs.

    Raises:
        UnknownNetwork: if it is no promoted classifier of mel windows.
        WrongWeights: if its weights are not the promoted ones.
    """
    if name not in CLASSIFIERS or CLASSIFIERS[name].view != "mel":
        raise UnknownNetwork(f"{name!r} cannot be exported: only classifiers of mel windows can.", network=name)
    trained = load(name)
    windows = _windows()
    logits = keras.ops.convert_to_numpy(trained.network(windows, training=False)["logits"])
    out.parent.mkdir(parents=True, exist_ok=True)
    described = description(trained)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder, warnings.catch_warnings():
        # The converters' own: of NumPy's and TensorFlow's future.
        warnings.simplefilter("ignore")
        part = Path(folder) / f"network.{form}"
        if form is Format.ONNX:
            trained.network.export(part, format="onnx", verbose=False)
            _describe_onnx(part, described)
        else:
            trained.network.export(part, format="litert", verbose=False)
            _describe_tflite(part, described)
        os.replace(part, out)
        told = RUNNERS[form](out, windows)
    return Exported(out.stat().st_size, float(np.abs(told - logits).max()), len(windows))


def description(trained: Pretrained) -> dict[str, str]:
    """What a user of the file must know, as text by name; lists and tables are JSON."""
    entry = trained.entry
    normalisation = next(layer for layer in trained.network.layers if isinstance(layer, LevelNormalisation))
    return {
        "network": entry.name,
        "version": entry.version,
        "weights_sha256": entry.sha256,
        "labels": json.dumps(entry.labels),
        "mel": json.dumps(dataclasses.asdict(entry.mel)),
        "input": f"float32 [batch, {WINDOW_FRAMES}, {N_MELS}]: first 100 frames of a second of mono audio as log-mel",
        "input_mel": "power under a periodic Hann window, frame i centred on sample i * hop_samples, zeros beyond the "
        "ends; Slaney bands of unit area; 10 log10(power) in dB re full scale, floored at floor_db",
        "level_normalisation": f"inside the graph: each window relative to its own mean power, cut off "
        f"{normalisation.range_db:g} dB below it; do not normalise outside",
        "output_logits": "float32 [batch, n_labels]; probabilities = softmax(logits / temperature), in order of labels",
        "output_embedding": "float32 [batch, 256]; bring it to length 1 for cosine similarity",
        "temperature": str(getattr(entry, "temperature", 1.0)),
        "data_fingerprint": entry.data_fingerprint,
        "terms": "for research: many of the recordings that it learnt from state no licence or a non-commercial one",
    }


def _describe_onnx(path: Path, described: dict[str, str]) -> None:
    import onnx  # noqa: PLC0415 - needed by those who export alone

    file = onnx.load(str(path))
    file.producer_name = METADATA_NAME
    file.doc_string = described["input"]
    for value in (*file.graph.input, *file.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.helper.set_model_props(file, described)
    onnx.checker.check_model(file, full_check=True)
    onnx.save(file, str(path))


def _describe_tflite(path: Path, described: dict[str, str]) -> None:
    from tensorflow.lite.python import schema_py_generated as schema  # noqa: PLC0415 - needed by those who export alone
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415 - as above

    file = flatbuffer_utils.read_model(str(path))
    buffer, metadata = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(described).encode(), dtype=np.uint8)
    file.buffers.append(buffer)
    metadata.name, metadata.buffer = METADATA_NAME, len(file.buffers) - 1
    file.metadata = [*(file.metadata or []), metadata]
    file.description = f"{described['network']} {described['version']}"
    path.write_bytes(flatbuffer_utils.convert_object_to_bytearray(file))


def run_onnx(path: Path, windows: FloatArray) -> FloatArray:
    """Let ONNX Runtime hear windows. [n, 100, 128] -> logits [n, n_labels]."""
    import onnxruntime  # noqa: PLC0415 - needed by those who export alone

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits: FloatArray = session.run(["logits"], {session.get_inputs()[0].name: windows})[0]
    return logits


def run_tflite(path: Path, windows: FloatArray) -> FloatArray:
    """Let TFLite hear windows, one by one. [n, 100, 128] -> logits [n, n_labels]."""
    import tensorflow as tf  # noqa: PLC0415 - loaded with Keras already

    runner = tf.lite.Interpreter(str(path), num_threads=1).get_signature_runner()
    (name,) = runner.get_input_details()
    return np.concatenate([runner(**{name: window[None]})["logits"] for window in windows])


RUNNERS: dict[Format, Callable[[Path, FloatArray], FloatArray]] = {Format.ONNX: run_onnx, Format.TFLITE: run_tflite}


def _windows(n: int = 32) -> FloatArray:
    """Windows that lie where real ones do: coloured noise at levels between -90 and -10 dB."""
    rng = np.random.default_rng(0)
    slope = np.linspace(0.0, 1.0, N_MELS) * rng.uniform(-40.0, 10.0, (n, 1, 1))
    level = rng.uniform(-50.0, -15.0, (n, 1, 1))
    windows: FloatArray = (level + slope + rng.normal(0.0, 6.0, (n, WINDOW_FRAMES, N_MELS))).astype(np.float32)
    return np.maximum(windows, -100.0)
