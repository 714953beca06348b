"""How networks are trained and judged: data, training, scores, promotion. Imported by the command line alone."""
