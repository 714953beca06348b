"""Where the catalogue and sound meet: Celery tasks that fetch, listen, vary and mix, and record what came of it."""
