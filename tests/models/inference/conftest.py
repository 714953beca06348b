"""The shipped networks, loaded once for all tests of their use."""

import pytest

from models.inference.classify import Classifier, load_classifier
from models.inference.generate import Generator, load_generator


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="session")
def vae() -> Generator:
    return load_generator("vae")


@pytest.fixture(scope="session")
def cgan() -> Generator:
    return load_generator("cgan")


@pytest.fixture(scope="session", params=["vae", "cgan"])
def generator(request) -> Generator:
    loaded: Generator = request.getfixturevalue(request.param)
    return loaded
