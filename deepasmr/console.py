"""Where the platform's processes are read: who says what, on the terminal and in a file that rotates."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import typer

LOG_FILE_BYTES = 10 * 1024**2
N_OLDER_LOG_FILES = 3
NAME_WIDTH = 14
COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "bright_black")
OWN_NAME = "deepasmr"


class Console:
    """Prefixes each line with its speaker; colour only where a person reads it on a terminal."""

    def __init__(self, log_folder: Path, *, terminal: TextIO = sys.stdout) -> None:
        """Open the log file in a folder, which is made if need be."""
        log_folder.mkdir(parents=True, exist_ok=True)
        self.path = log_folder / "deepasmr.log"
        self._terminal: TextIO | None = terminal
        self._has_colour = terminal.isatty()
        self._colours: dict[str, str] = {}
        self._file = logging.Logger("deepasmr.up")
        writer = RotatingFileHandler(
            self.path,
            maxBytes=LOG_FILE_BYTES,
            backupCount=N_OLDER_LOG_FILES,
            encoding="utf-8",
            errors="replace",
        )
        writer.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._file.addHandler(writer)

    def say(self, line: str) -> None:
        """Write a line of the platform's own."""
        self.repeat(OWN_NAME, line)

    def repeat(self, speaker: str, line: str, *, on_terminal: bool = True) -> None:
        """Write one line that a part has said, to the file and, unless told otherwise, to the terminal."""
        line = line.rstrip()
        prefix = f"{speaker:<{NAME_WIDTH}}| "
        self._file.info("%s%s", prefix, line)
        if self._terminal is None or not on_terminal:
            return
        if self._has_colour:
            colour = self._colours.setdefault(speaker, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = typer.style(prefix, fg=colour)
        try:
            self._terminal.write(f"{prefix}{line}\n")
            self._terminal.flush()
        except (OSError, ValueError):
            # The terminal was closed; the platform goes on, or hears its signal, without it.
            self._terminal = None

    def close(self) -> None:
        """Close the log file."""
        for writer in self._file.handlers:
            writer.close()
