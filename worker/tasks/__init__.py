"""One file per deed. A task is a flat score: claim, fetch, compute, record."""
