"""Every network by its name."""

import keras

from models.errors import UnknownNetwork
from models.networks.adversarial import build_generator
from models.networks.autoencoders import AUTOENCODERS, VAE_LAYERS, build_autoencoder, build_vae
from models.networks.classifiers import CLASSIFIERS, build_classifier
from models.networks.fusion import FUSION, build_fusion
from models.networks.latent_cgan import build_latent_cgan
from models.networks.latent_flow import build_latent_flow
from models.networks.vocoder import VOCODER, build_vocoder

GENERATORS = (*AUTOENCODERS, "cgan", "latent_flow", "latent_cgan")
NETWORKS = (*CLASSIFIERS, *GENERATORS)


def build(name: str, *, n_labels: int) -> keras.Model:
    """Build a network's graph as it is served, untrained.

    Args:
        name: One of NETWORKS, for `cgan` the generator alone; `vocoder`; or `fusion`, which is trained on what a
            classifier tells.
        n_labels: Labels of the taxonomy.

    Returns:
        The graph.

    Raises:
        UnknownNetwork: if no network has this name.
    """
    if name in CLASSIFIERS:
        return build_classifier(name, n_labels=n_labels)
    if name == "autoencoder":
        return build_autoencoder()
    if name in VAE_LAYERS:
        return build_vae(name)
    if name == "cgan":
        return build_generator(n_labels=n_labels)
    if name == "latent_flow":
        return build_latent_flow(n_labels=n_labels)
    if name == "latent_cgan":
        return build_latent_cgan(n_labels=n_labels)
    if name == VOCODER:
        return build_vocoder()
    if name == FUSION:
        return build_fusion(n_labels=n_labels)
    raise UnknownNetwork(f"No network is called {name!r}; there are {', '.join(NETWORKS)}.", known=list(NETWORKS))
