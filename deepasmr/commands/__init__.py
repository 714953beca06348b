"""One file per command: `commands/mix.py` holds the function `mix`, which is `deepasmr mix`.

Files here import typer and what is light; the rooms are imported inside the functions, so that `--help` stays instant.
"""
