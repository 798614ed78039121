"""The linear system of the Laplace approximation, ``H = A'WA + I`` with ``A = Z Lambda``, by its block structure.

The grouping with most random effects is eliminated level by level (its part of H is block-diagonal); what is left, the
Schur complement over the other groupings, is dense. No sparse Cholesky is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._mixed_design import RandomTerm

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.intp]

_DENSE_FROM = 0.06  # share of filled cells from which a dense product is faster than a sparse one


@dataclass(frozen=True)
class Effects:
    """Values for all random effects: ``big`` of shape (levels, k), ``small`` of shape (q_small,)."""

    big: Floats
    small: Floats

    def __add__(self, other: Effects) -> Effects:
        return Effects(self.big + other.big, self.small + other.small)

    def __sub__(self, other: Effects) -> Effects:
        return Effects(self.big - other.big, self.small - other.small)

    def __mul__(self, factor: float) -> Effects:
        return Effects(factor * self.big, factor * self.small)

    def dot(self, other: Effects) -> float:
        """Return the inner product."""
        return float((self.big * other.big).sum() + self.small @ other.small)


class Layout:
    """Which columns of Z are eliminated and which are dense, and where each row of the table meets them.

    Parameters
    ----------
    terms : sequence of RandomTerm
        At least one.
    """

    def __init__(self, terms: Sequence[RandomTerm]) -> None:
        import numpy as np

        sizes: dict[str, int] = {}
        for term in terms:
            sizes[term.group] = sizes.get(term.group, 0) + term.n_levels * term.k
        chosen = max(sizes, key=lambda group: sizes[group])
        self.n_terms = len(terms)
        self.is_big = [term.group == chosen for term in terms]
        self.slots: list[slice] = []  # the columns of each term, among those of its side
        width = {True: 0, False: 0}
        indices: list[Ints] = []
        start = 0
        for term, is_big in zip(terms, self.is_big, strict=True):
            self.slots.append(slice(width[is_big], width[is_big] + term.k))
            width[is_big] += term.k
            if not is_big:
                indices.append(start + term.codes[:, None] * term.k + np.arange(term.k))
                start += term.n_levels * term.k
        self.n = len(terms[0].codes)
        first = next(term for term, is_big in zip(terms, self.is_big, strict=True) if is_big)
        self.g, self.n_big, self.k = first.codes, first.n_levels, width[True]
        self.q_small, self.k_small = start, width[False]
        self.index: Ints = np.hstack(indices) if indices else np.zeros((self.n, 0), dtype=np.intp)
        self.z_big: Floats = np.hstack(
            [t.values for t, is_big in zip(terms, self.is_big, strict=True) if is_big]
        )
        others = [t.values for t, is_big in zip(terms, self.is_big, strict=True) if not is_big]
        self.z_small: Floats = np.hstack(others) if others else np.zeros((self.n, 0))
        self._find_cells()

    def _find_cells(self) -> None:
        """Number the pairs of a big level and a small column that occur, and the pairs of small columns."""
        import numpy as np

        joined = self.g[:, None] * max(self.q_small, 1) + self.index
        cells, inverse = np.unique(joined, return_inverse=True)
        self.cell: Ints = inverse.reshape(joined.shape).astype(np.intp)
        self.cell_g: Ints = cells // max(self.q_small, 1)
        self.cell_column: Ints = cells % max(self.q_small, 1)
        self.is_dense = len(cells) > _DENSE_FROM * self.n_big * self.q_small
        self.pairs: list[tuple[int, int, Ints, Ints]] = []
        for a in range(self.k_small):
            for b in range(a, self.k_small):
                flat, own = np.unique(self.index[:, a] * self.q_small + self.index[:, b], return_inverse=True)
                self.pairs.append((a, b, flat, own.astype(np.intp)))

    def scaled(self, blocks: Sequence[Floats]) -> Rows:
        """Return the rows of A for given blocks of Lambda."""
        import numpy as np

        big, small = np.empty_like(self.z_big), np.empty_like(self.z_small)
        for block, slot, is_big in zip(blocks, self.slots, self.is_big, strict=True):
            source, target = (self.z_big, big) if is_big else (self.z_small, small)
            target[:, slot] = source[:, slot] * block[0, 0] if len(block) == 1 else source[:, slot] @ block
        return Rows(self, big, small)

    def zero(self) -> Effects:
        """Return random effects of 0."""
        import numpy as np

        return Effects(np.zeros((self.n_big, self.k)), np.zeros(self.q_small))

    def at(self, effects: Effects, term: int) -> Floats:
        """Return, for each row, the coefficients of one term, shape (n, k)."""
        slot = self.slots[term]
        if self.is_big[term]:
            return effects.big[self.g, slot]
        return effects.small[self.index[:, slot]]

    def z_of(self, term: int) -> Floats:
        """Return the values of one term, shape (n, k)."""
        return (self.z_big if self.is_big[term] else self.z_small)[:, self.slots[term]]


@dataclass(frozen=True)
class Rows:
    """The matrix A, row by row: ``big`` of shape (n, k), ``small`` of shape (n, k_small)."""

    layout: Layout
    big: Floats
    small: Floats

    def times(self, effects: Effects) -> Floats:
        """Return A u."""
        lay = self.layout
        total: Floats = (self.big * effects.big[lay.g]).sum(axis=1)
        if lay.k_small:
            total += (self.small * effects.small[lay.index]).sum(axis=1)
        return total

    def transposed_times(self, rows: Floats) -> Effects:
        """Return A' r."""
        import numpy as np

        lay = self.layout
        big = np.empty((lay.n_big, lay.k))
        for a in range(lay.k):
            big[:, a] = np.bincount(lay.g, rows * self.big[:, a], lay.n_big)
        small = np.zeros(lay.q_small)
        for b in range(lay.k_small):
            small += np.bincount(lay.index[:, b], rows * self.small[:, b], lay.q_small)
        return Effects(big, small)


class Factor:
    """Factorisation of H at given weights.

    Parameters
    ----------
    rows : Rows
        A.
    weight : numpy.ndarray, shape (n,)
        W, not negative.
    """

    def __init__(self, rows: Rows, weight: Floats) -> None:
        import numpy as np
        from scipy.linalg import lapack

        self.rows, lay = rows, rows.layout
        self.layout = lay
        blocks = np.zeros((lay.n_big, lay.k, lay.k))
        weighted = weight[:, None] * rows.big
        for a in range(lay.k):
            for b in range(a + 1):
                blocks[:, a, b] = np.bincount(lay.g, weighted[:, a] * rows.big[:, b], lay.n_big)
                blocks[:, b, a] = blocks[:, a, b]
            blocks[:, a, a] += 1
        lower = np.sqrt(blocks) if lay.k == 1 else np.linalg.cholesky(blocks)
        self.lower_inverse = 1 / lower if lay.k == 1 else np.linalg.inv(lower)
        self.log_det = 2 * float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
        if not lay.q_small:
            return
        cells = np.zeros((len(lay.cell_g), lay.k))
        for a in range(lay.k):
            for b in range(lay.k_small):
                cells[:, a] += np.bincount(lay.cell[:, b], weighted[:, a] * rows.small[:, b], len(cells))
        self.half = self._by_cell(cells, self.lower_inverse)
        schur = self._small_part(weight) - self._gram()
        upper, info = lapack.dpotrf(schur, lower=0, clean=1, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("the Schur complement is not positive definite")
        self.upper = upper
        self.log_det += 2 * float(np.log(np.diagonal(upper)).sum())

    def _by_cell(self, cells: Floats, matrices: Floats) -> Floats:
        """Multiply each cell's k values by the matrix of its level."""
        import numpy as np

        if self.layout.k == 1:
            scaled: Floats = cells * matrices[self.layout.cell_g, 0]
            return scaled
        product: Floats = np.matmul(matrices[self.layout.cell_g], cells[:, :, None])
        return product[:, :, 0]

    def _small_part(self, weight: Floats) -> Floats:
        import numpy as np

        lay = self.layout
        q = lay.q_small
        found = np.zeros(q * q)
        for a, b, flat, own in lay.pairs:
            sums = np.bincount(own, weight * self.rows.small[:, a] * self.rows.small[:, b], len(flat))
            found[flat] += sums
            if a != b:
                found[flat % q * q + flat // q] += sums
        found[:: q + 1] += 1
        return found.reshape(q, q)

    def _matrix(self, cells: Floats) -> Any:
        """Return the cells as a matrix of shape (levels * k, q_small), dense or sparse."""
        import numpy as np
        from scipy import sparse

        lay = self.layout
        if lay.is_dense:
            full = np.zeros((lay.n_big, lay.k, lay.q_small))
            full[lay.cell_g, :, lay.cell_column] = cells
            return full.reshape(-1, lay.q_small)
        counts = np.bincount(lay.cell_g, minlength=lay.n_big)
        if lay.k == 1:
            pointer = np.concatenate([[0], np.cumsum(counts)])
            return sparse.csr_array((cells[:, 0], lay.cell_column, pointer), shape=(lay.n_big, lay.q_small))
        row = lay.cell_g[:, None] * lay.k + np.arange(lay.k)
        column = np.broadcast_to(lay.cell_column[:, None], row.shape)
        return sparse.csr_array(
            (cells.ravel(), (row.ravel(), column.ravel())), shape=(lay.n_big * lay.k, lay.q_small)
        )

    def _gram(self) -> Floats:
        half = self._matrix(self.half)
        if self.layout.is_dense:
            return half.T @ half  # type: ignore[no-any-return]
        return (half.T @ half).toarray()  # type: ignore[no-any-return]

    def solve(self, right: Effects) -> Effects:
        """Return H^-1 b."""
        import numpy as np
        from scipy.linalg import lapack

        lay = self.layout
        inverse = self.lower_inverse
        one = lay.k == 1
        first = right.big * inverse[:, 0] if one else np.matmul(inverse, right.big[:, :, None])[:, :, 0]
        if not lay.q_small:
            return Effects(self._back(first), right.small)
        met = (self.half * first[lay.cell_g]).sum(axis=1)
        rest = right.small - np.bincount(lay.cell_column, met, lay.q_small)
        small = lapack.dpotrs(self.upper, rest, lower=0)[0]
        spread = self.half * small[lay.cell_column][:, None]
        for a in range(lay.k):
            first[:, a] -= np.bincount(lay.cell_g, spread[:, a], lay.n_big)
        return Effects(self._back(first), small)

    def _back(self, values: Floats) -> Floats:
        import numpy as np

        if self.layout.k == 1:
            return np.multiply(values, self.lower_inverse[:, 0])
        product: Floats = np.matmul(self.lower_inverse.transpose(0, 2, 1), values[:, :, None])
        return product[:, :, 0]

    @cached_property
    def inverse(self) -> tuple[Floats, Floats, Floats]:
        """H^-1 where A'WA may be filled: big blocks (levels, k, k), cells (cells, k), small (q_small, q_small)."""
        import numpy as np
        from scipy.linalg import lapack

        lay, low = self.layout, self.lower_inverse
        big = low * low if lay.k == 1 else np.matmul(low.transpose(0, 2, 1), low)
        if not lay.q_small:
            return big, np.zeros((0, lay.k)), np.zeros((0, 0))
        small = lapack.dpotri(self.upper, lower=0)[0]
        small = np.triu(small) + np.triu(small, 1).T
        full = self._by_cell(self.half, low.transpose(0, 2, 1))
        crossed = np.asarray(self._matrix(full) @ small).reshape(lay.n_big, lay.k, lay.q_small)
        cells = -crossed[lay.cell_g, :, lay.cell_column]
        for a in range(lay.k):
            for b in range(lay.k):
                big[:, a, b] -= np.bincount(lay.cell_g, cells[:, a] * full[:, b], lay.n_big)
        return big, cells, small

    def row_products(self) -> Rows:
        """Return the rows of ``A H^-1`` where A is not 0; their products with the rows of A are the leverages."""
        import numpy as np

        lay, rows = self.layout, self.rows
        big, cells, small = self.inverse
        on_big = (
            rows.big * big[lay.g, 0] if lay.k == 1 else np.matmul(rows.big[:, None, :], big[lay.g])[:, 0, :]
        )
        on_small = np.zeros_like(rows.small)
        for b in range(lay.k_small):
            met = cells[lay.cell[:, b]]
            on_big = on_big + met * rows.small[:, b : b + 1]
            on_small[:, b] = (met * rows.big).sum(axis=1)
            for a in range(lay.k_small):
                on_small[:, b] += rows.small[:, a] * small[lay.index[:, a], lay.index[:, b]]
        return Rows(lay, on_big, on_small)
