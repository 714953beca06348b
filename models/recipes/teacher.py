"""Where the audio tagger lies that a classifier may learn from: in the data folder; it is never shipped."""

from pathlib import Path


def teacher_path(data: Path) -> Path | None:
    """Find the teacher.

    Args:
        data: Folder of recordings.

    Returns:
        Its file, or None where the folder has none: training then goes without.
    """
    path = data / "teacher" / "yamnet.tflite"
    return path if path.is_file() else None
