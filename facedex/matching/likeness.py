"""How likely two groups of faces are one person, after grouping has merged what it could.

The log odds are level - steepness t + larger / n + smaller / m - log(units), for two groups of n >=
m faces. t is the squared distance of their means by the default metric, so what each has in common
with everybody counts against them; lone faces are groups of one, and units is the number of all
groups. Each unit has about as many others of its person in a large library as in a small one, but
more strangers near it: so the odds of a pair fall with the number of units.

What lies nearer was merged already, or kept apart by a photo or by the crowd around it. So this is
no matter of distances alone and is fitted, by logistic regression, on what grouping leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facedex.naming.encoder import DLIB

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LARGEST_LOG_ODDS = 50.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """The coefficients of the module's formula (``EncoderFacts.likeness``)."""

    level: float
    steepness: float
    larger: float
    smaller: float

    def chances(
        self, squared: ArrayLike, sizes: ArrayLike, other_sizes: ArrayLike, n_units: int
    ) -> NDArray[np.float64]:
        """Return how likely pairs of groups are one person each; the arrays are broadcast.

        Parameters
        ----------
        squared : t of the module's formula.
        sizes, other_sizes : faces of the two groups, 1 and more.
        n_units : groups and lone faces in the library.
        """
        a, b = np.asarray(sizes, np.float64), np.asarray(other_sizes, np.float64)
        log_odds = (
            self.level
            - self.steepness * np.asarray(squared, np.float64)
            + self.larger / np.maximum(a, b)
            + self.smaller / np.minimum(a, b)
            - np.log(max(n_units, 1))
        )
        chance: NDArray[np.float64] = 1 / (
            1 + np.exp(np.clip(-log_odds, -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS))
        )
        return chance

    def reach(self, chance: float, n_units: int) -> float:
        """Return the squared distance beyond which no two groups are as likely as ``chance``."""
        most = self.level + max(self.larger, 0) + max(self.smaller, 0) - np.log(max(n_units, 1))
        return float((most - np.log(chance / (1 - chance))) / self.steepness)


DLIB_RESNET = Likeness(*DLIB.likeness)
"""Of dlib's encodings, by the metric ``typicality``."""
