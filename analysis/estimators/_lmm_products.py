"""The cross-products of a linear mixed model: formed once, after which no computation depends on the number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._mixed_design import MixedDesign

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Factor:
    """All random effects of one grouping, level by level.

    Attributes
    ----------
    terms : tuple of int
        Places of its terms in the design.
    levels, width : int
        Number of levels; coefficients of each.
    places : tuple of tuple of int
        (index in theta, row, column) of the entries of the lower-triangular block of a level.
    """

    terms: tuple[int, ...]
    levels: int
    width: int
    places: tuple[tuple[int, int, int], ...]

    @property
    def size(self) -> int:
        return self.levels * self.width

    def block(self, theta: Floats) -> Floats:
        """Return Lambda of one level, shape (width, width)."""
        import numpy as np

        found = np.zeros((self.width, self.width))
        for at, row, column in self.places:
            found[row, column] = theta[at]
        return found


@dataclass(frozen=True)
class Products:
    """Cross-products of a model whose fixed effects are orthonormal and whose columns are scaled to about one.

    Attributes
    ----------
    first : Factor
        The one with most columns, which is eliminated.
    rest : tuple of Factor
        The others; q2 columns in all.
    own : ndarray, shape (levels, width, width)
        Z'Z of the first factor, level by level.
    between : ndarray, shape (levels * width, q2)
        Z'Z of the first with the others.
    others : ndarray, shape (q2, q2)
        Z'Z of the others.
    z1 : ndarray, shape (levels, width, p + 1)
        Z'[Q y] of the first.
    z2 : ndarray, shape (q2, p + 1)
        Z'[Q y] of the others.
    plain : ndarray, shape (p + 1, p + 1)
        [Q y]'[Q y].
    n, p, n_theta : int
        Rows, fixed effects, entries of theta.
    is_reml : bool
        Whether the deviance is the REML criterion.
    """

    first: Factor
    rest: tuple[Factor, ...]
    own: Floats
    between: Floats
    others: Floats
    z1: Floats
    z2: Floats
    plain: Floats
    n: int
    p: int
    n_theta: int
    is_reml: bool

    @property
    def divisor(self) -> int:
        """Return what the residual sum of squares is divided by: n - p (REML) or n."""
        return self.n - self.p if self.is_reml else self.n


def form_products(
    design: MixedDesign, *, q: Floats, y: Floats, is_reml: bool = True
) -> tuple[Products, Floats]:
    """Form the cross-products.

    Parameters
    ----------
    design : MixedDesign
        Random effects of the model.
    q : ndarray, shape (n, p)
        Orthonormal columns that span the fixed effects.
    y : ndarray, shape (n,)
        Response less its projection on q.
    is_reml : bool
        Criterion.

    Returns
    -------
    tuple
        `Products`, and a scale for each entry of theta: theta here is theta of the design times the scale.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators._mixed_design import mixed_design
    >>> table = pd.DataFrame({"y": [1.0, 2.0, 4.0], "who": [1, 1, 2], "what": [1, 2, 2]})
    >>> design = mixed_design("y ~ 1", table, random={"who": "1", "what": "1"})
    >>> found, _ = form_products(design, q=np.ones((3, 1)) / 3**0.5, y=design.response)
    >>> found.own.ravel().tolist(), found.between.tolist()
    ([2.0, 1.0], [[1.0, 1.0], [0.0, 1.0]])
    """
    import numpy as np

    joined = np.column_stack([q, y])
    pairs, scale = _factors(design)
    factors = [factor for factor, _ in pairs]
    first, *rest = (_z(design, factor, values) for factor, values in pairs)
    size = sum(factor.size for factor in factors[1:])
    others = np.vstack([np.hstack([(a.T @ b).toarray() for b in rest]) for a in rest] or [np.zeros((0, 0))])
    between = np.hstack([(first.T @ z).toarray() for z in rest] or [np.zeros((first.shape[1], 0))])
    found = Products(
        first=factors[0],
        rest=tuple(factors[1:]),
        own=_own(design, factors[0], pairs[0][1]),
        between=between,
        others=others,
        z1=(first.T @ joined).reshape(factors[0].levels, factors[0].width, -1),
        z2=np.vstack([z.T @ joined for z in rest] or [np.zeros((size, joined.shape[1]))]),
        plain=joined.T @ joined,
        n=len(y),
        p=q.shape[1],
        n_theta=design.n_theta,
        is_reml=is_reml,
    )
    return found, scale


def _factors(design: MixedDesign) -> tuple[list[tuple[Factor, Floats]], Floats]:
    """Join the terms of each grouping, largest first, with columns scaled to a root mean square of 1."""
    import numpy as np

    groups: dict[str, list[int]] = {}
    for at, term in enumerate(design.random):
        groups.setdefault(term.group, []).append(at)
    starts = np.cumsum([0, *(term.n_theta for term in design.random)])
    scale = np.ones(design.n_theta)
    found = []
    for members in groups.values():
        values = np.hstack([design.random[at].values for at in members])
        size = np.sqrt((values**2).mean(axis=0))
        size[size == 0] = 1.0
        places, corner = [], 0
        for at in members:
            k, index = design.random[at].k, int(starts[at])
            for column in range(k):
                for row in range(column, k):
                    places.append((index, corner + row, corner + column))
                    scale[index] = size[corner + row]
                    index += 1
            corner += k
        factor = Factor(tuple(members), design.random[members[0]].n_levels, corner, tuple(places))
        found.append((factor, values / size))
    return sorted(found, key=lambda pair: -pair[0].size), scale


def _z(design: MixedDesign, factor: Factor, values: Floats) -> Any:
    import numpy as np
    from scipy import sparse

    codes = design.random[factor.terms[0]].codes
    columns = codes[:, None] * factor.width + np.arange(factor.width)
    pointer = np.arange(len(values) + 1) * factor.width
    return sparse.csr_array((values.ravel(), columns.ravel(), pointer), shape=(len(values), factor.size))


def _own(design: MixedDesign, factor: Factor, values: Floats) -> Floats:
    import numpy as np

    codes, k = design.random[factor.terms[0]].codes, factor.width
    found = np.zeros((factor.levels, k, k))
    for row in range(k):
        for column in range(row, k):
            sums = np.bincount(codes, weights=values[:, row] * values[:, column], minlength=factor.levels)
            found[:, row, column] = found[:, column, row] = sums
    return found
