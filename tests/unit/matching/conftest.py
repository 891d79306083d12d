import numpy as np
import pytest


@pytest.fixture(scope="session")
def make_faces():
    """Return a maker of encodings float32 (n, d) with the person of each; people lie far apart."""

    def make(n_people, n_each, *, spread=0.02, seed=0, d=128):
        rng = np.random.default_rng(seed)
        middles = rng.normal(size=(n_people, d))
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        people = np.repeat(np.arange(n_people), n_each)
        noise = rng.normal(size=(len(people), d)) * spread
        return (middles[people] + noise).astype(np.float32), people

    return make
