"""Tests, arranged like the code. A package, so that no library's own "tests" is taken for it."""
