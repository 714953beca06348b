"""The catalogue and its web. Knows nothing of signal processing: sound reaches it as rows and stored bytes."""
