"""Lets `python -m deepasmr` be `deepasmr`."""

from deepasmr.cli import app

if __name__ == "__main__":
    app(prog_name="deepasmr")
