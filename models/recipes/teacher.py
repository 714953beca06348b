"""The audio tagger that a classifier may learn from: YAMNet, read from the data folder and never shipped."""

from pathlib import Path

import numpy as np

from models.audio import FloatArray

TEACHER_RATE_HZ = 16000
TEACHER_SAMPLES = 15600
TEACHER_WIDTH = 1024
_EMBEDDING_NAME = "global_average_pooling2d/Mean"


def teacher_path(data: Path) -> Path | None:
    """Find the teacher.

    Args:
        data: Folder of recordings.

    Returns:
        Its file, or None where the folder has none: training then goes without.
    """
    path = data / "teacher" / "yamnet.tflite"
    return path if path.is_file() else None


class Teacher:
    """A loaded tagger; its embedding of a second of sound is what a student is asked to foretell."""

    def __init__(self, path: Path) -> None:
        """Load.

        Args:
            path: yamnet.tflite.
        """
        # TensorFlow's own interpreter: deprecated there in favour of a package that would serve nothing else here.
        import tensorflow as tf  # noqa: PLC0415 - only a training with a teacher needs it

        self._interpreter = tf.lite.Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(self._input, [1, TEACHER_SAMPLES])
        self._interpreter.allocate_tensors()
        self._embedding = next(
            detail["index"]
            for detail in self._interpreter.get_tensor_details()
            if detail["name"].endswith(_EMBEDDING_NAME) and detail["shape"][-1] == TEACHER_WIDTH
        )

    def embed(self, audio: FloatArray) -> FloatArray:
        """Hear one window.

        Args:
            audio: 16 kHz, in [-1, 1]. [at least 15600]

        Returns:
            [1024]
        """
        self._interpreter.set_tensor(self._input, audio[None, :TEACHER_SAMPLES].astype(np.float32))
        self._interpreter.invoke()
        embedding: FloatArray = self._interpreter.get_tensor(self._embedding).reshape(-1)
        return embedding
