"""Which library draws the map: time, memory and truth of a layout, peers beside ours, each in a process of its own.

    python bench/map_layout.py [1000 10000 50000 100000]

Sounds are imagined: 23 triggers, each of some hundred recordings, each recording a cloud on the unit sphere, as the
classifier's embeddings are. Truth is the share of a sound's ten nearest neighbours on the map that come from its own
recording, beside the same share in the embeddings themselves. Peers that are not installed are left out.
"""

import json
import resource
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np

SIZES = (1_000, 10_000, 50_000, 100_000)
WIDTH = 256
N_TRIGGERS = 23
N_PER_RECORDING = 30
N_ASKED = 1_000
N_NEAREST = 10
# As the worker does it: threads that wait for each other burn a busy machine's cores for nothing.
N_THREADS = 1
LIMIT_S = 1_500
PEERS = {"ours (openTSNE)": "openTSNE", "UMAP (umap-learn)": "umap", "t-SNE (scikit-learn)": "sklearn"}
# Barnes-Hut with a neighbour search that is exact: beyond this it takes longer than anybody waits.
MOST_FOR = {"t-SNE (scikit-learn)": 10_000}


def imagined(n_sounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw embeddings [n_sounds, WIDTH] and the recording of each [n_sounds]."""
    rng = np.random.default_rng(0)
    n_recordings = max(n_sounds // N_PER_RECORDING, 1)
    triggers = rng.normal(size=(N_TRIGGERS, WIDTH))
    recordings = triggers[rng.integers(N_TRIGGERS, size=n_recordings)] + 0.4 * rng.normal(size=(n_recordings, WIDTH))
    which = rng.integers(n_recordings, size=n_sounds)
    embeddings = (recordings[which] + 0.8 * rng.normal(size=(n_sounds, WIDTH))).astype(np.float32)
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), which


def kinship(places: np.ndarray, which: np.ndarray) -> float:
    """Share of nearest neighbours that come from the same recording."""
    asked = np.random.default_rng(1).choice(len(places), size=min(N_ASKED, len(places)), replace=False)
    kept = []
    for sound in asked:
        distances = np.square(places - places[sound]).sum(axis=1)
        distances[sound] = np.inf
        kept.append((which[np.argpartition(distances, N_NEAREST)[:N_NEAREST]] == which[sound]).mean())
    return float(np.mean(kept))


def lay_out_with(peer: str, embeddings: np.ndarray) -> np.ndarray:
    """Lay out with one of the peers, after the same principal components."""
    from models.inference import layout

    if peer.startswith("ours"):
        return layout.lay_out(embeddings, seed=0, n_threads=N_THREADS)
    components = layout.principal(embeddings, layout.N_COMPONENTS)
    if peer.startswith("UMAP"):
        import umap

        return umap.UMAP(n_jobs=N_THREADS).fit_transform(components)
    from sklearn.manifold import TSNE

    return TSNE(n_jobs=N_THREADS).fit_transform(components)


def measure(peer: str, n_sounds: int) -> None:
    """Print one measurement as JSON; runs in a process of its own, so that the peak of memory is its own."""
    embeddings, which = imagined(n_sounds)
    before_s, before_cpu_s = time.perf_counter(), time.process_time()
    places = lay_out_with(peer, embeddings)
    took_s, cpu_s = time.perf_counter() - before_s, time.process_time() - before_cpu_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    truth = kinship(places, which)
    whole = kinship(embeddings, which)
    print(json.dumps({"took_s": took_s, "cpu_s": cpu_s, "peak_mib": peak_mib, "kept": truth, "whole": whole}))


def main() -> None:
    """Measure each peer at each size."""
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2], int(sys.argv[3]))
        return
    print(f"{'layout':24} {'sounds':>8} {'time':>9} {'processor':>10} {'memory':>10} {'kin on map':>11} {'in all':>9}")
    for n_sounds in [int(size) for size in sys.argv[1:]] or SIZES:
        for peer, library in PEERS.items():
            if find_spec(library) is None or n_sounds > MOST_FOR.get(peer, n_sounds):
                continue
            try:
                ran = subprocess.run(
                    [sys.executable, __file__, "--one", peer, str(n_sounds)],
                    capture_output=True,
                    text=True,
                    check=True,
                    timeout=LIMIT_S,
                )
            except subprocess.TimeoutExpired:
                print(f"{peer:24} {n_sounds:8d}   longer than {LIMIT_S} s")
                continue
            found = json.loads(ran.stdout.splitlines()[-1])
            print(
                f"{peer:24} {n_sounds:8d} {found['took_s']:7.1f} s {found['cpu_s']:8.1f} s "
                f"{found['peak_mib']:6.0f} MiB {100 * found['kept']:9.1f} % {100 * found['whole']:7.1f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
