"""The design of a mixed model: from formulas and a table to matrices; shared by the mixed models, fits nothing.

Notation as in lme4: ``eta = X beta + Z Lambda(theta) u``, ``u ~ N(0, I)`` (times the residual variance in a linear
model). Lambda is block-diagonal: every level of a term has the same lower-triangular block, whose entries, column by
column, are the term's part of theta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.estimators._mixed_formula import (
    MixedDesignError,
    checked_columns,
    factors_of,
    lone_level_faults,
    random_texts,
    read_matrix,
    readable,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from scipy import sparse

    Floats = npt.NDArray[np.float64]
    Random = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class RandomTerm:
    """Random effects of one grouping: ``k`` correlated coefficients for each of its levels.

    Attributes
    ----------
    group : str
        Grouping column, or several joined by ``:``.
    names : tuple of str
        The k coefficients, ``Intercept`` first where there is one.
    levels : tuple of str
        Names of the levels.
    codes : numpy.ndarray of int, shape (n,)
        Level of each row.
    values : numpy.ndarray, shape (n, k)
        Rows of the term's model matrix.
    info : patsy.DesignInfo
        How ``values`` were made, to make them again for other rows.
    """

    group: str
    names: tuple[str, ...]
    levels: tuple[str, ...]
    codes: npt.NDArray[np.intp]
    values: Floats
    info: Any

    @property
    def n_levels(self) -> int:
        return len(self.levels)

    @property
    def k(self) -> int:
        return len(self.names)

    @property
    def n_theta(self) -> int:
        return self.k * (self.k + 1) // 2


@dataclass(frozen=True)
class MixedDesign:
    """Everything that a mixed model needs of a table.

    Attributes
    ----------
    formula : str
        Of the fixed effects.
    response : numpy.ndarray, shape (n,)
        Outcome; truth values are 0 and 1.
    fixed : numpy.ndarray, shape (n, p)
        X.
    names : tuple of str
        Its columns.
    random : tuple of RandomTerm
        In the order given.
    rows : numpy.ndarray of int, shape (n,)
        Positions in the table of the rows used.
    n_missing : int
        Rows left out because something was missing in them.
    missing_by_column : dict of str to int
        How many rows lack a value in each column.
    extra : dict of str to numpy.ndarray
        Further columns asked for by name, as floats.
    categories : dict of str to list or None
        For each column, the categories it was read with, None for numbers.
    info : patsy.DesignInfo
        How ``fixed`` was made.
    """

    formula: str
    response: Floats
    fixed: Floats
    names: tuple[str, ...]
    random: tuple[RandomTerm, ...]
    rows: npt.NDArray[np.intp]
    n_missing: int
    missing_by_column: dict[str, int]
    extra: dict[str, Floats]
    categories: dict[str, list[Any] | None]
    info: Any

    @property
    def n(self) -> int:
        return len(self.response)

    @property
    def q(self) -> int:
        """Number of random effects, over all terms."""
        return sum(term.n_levels * term.k for term in self.random)

    @property
    def n_theta(self) -> int:
        return sum(term.n_theta for term in self.random)

    def z(self) -> sparse.csr_array:
        """Return Z, shape (n, q): terms in their order, in each its levels, in each level its coefficients."""
        import numpy as np
        from scipy import sparse

        columns, values, start = [], [], 0
        for term in self.random:
            columns.append(start + term.codes[:, None] * term.k + np.arange(term.k))
            values.append(term.values)
            start += term.n_levels * term.k
        if not columns:
            return sparse.csr_array((self.n, 0))
        joined = np.hstack(columns)
        pointer = np.arange(self.n + 1) * joined.shape[1]
        return sparse.csr_array((np.hstack(values).ravel(), joined.ravel(), pointer), shape=(self.n, self.q))

    def theta_start(self) -> Floats:
        """Return the theta at which every Lambda block is the identity."""
        import numpy as np

        return np.concatenate([np.eye(t.k).T[np.triu_indices(t.k)] for t in self.random] or [np.zeros(0)])

    def is_diagonal(self) -> npt.NDArray[np.bool_]:
        """Say which entries of theta lie on a diagonal; these may be taken as not negative."""
        import numpy as np

        return np.asarray(self.theta_start() == 1)

    def blocks(self, theta: Floats) -> list[Floats]:
        """Return the lower-triangular block of each term, shape (k, k), from theta (column by column)."""
        import numpy as np

        found, start = [], 0
        for term in self.random:
            block = np.zeros((term.k, term.k))
            block.T[np.triu_indices(term.k)] = theta[start : start + term.n_theta]
            found.append(block)
            start += term.n_theta
        return found

    def relative_factor(self, theta: Floats) -> sparse.csc_array:
        """Return Lambda, sparse, shape (q, q), in the column order of `z`."""
        from scipy import sparse

        pieces = [
            sparse.kron(sparse.eye_array(term.n_levels), block)
            for term, block in zip(self.random, self.blocks(theta), strict=True)
        ]
        return sparse.csc_array(sparse.block_diag(pieces))

    def remade(self, table: pd.DataFrame) -> tuple[Floats, list[Floats]]:
        """Return X and each term's values for other rows, such as the same ones under another condition.

        Parameters
        ----------
        table : pandas.DataFrame
            With the columns of the formulas, nothing missing.

        Returns
        -------
        numpy.ndarray, list of numpy.ndarray
            Shapes (rows, p) and (rows, k) for each term.
        """
        import numpy as np
        import pandas as pd
        import patsy

        data = pd.DataFrame(
            {name: self._as_before(table[name], name) for name in self.categories if name in table}
        )
        matrices = patsy.build_design_matrices([self.info, *(term.info for term in self.random)], data)
        fixed, *others = (np.asarray(matrix, dtype=float) for matrix in matrices)
        return fixed, others

    def _as_before(self, values: pd.Series[Any], name: str) -> pd.Series[Any]:
        import pandas as pd

        categories = self.categories[name]
        if categories is None:
            return readable(values)
        return values.astype(object).astype(pd.CategoricalDtype(categories))


def mixed_design(
    formula: str, table: pd.DataFrame, *, random: Random, extra: Sequence[str] = ()
) -> MixedDesign:
    """Make the matrices of a mixed model.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects, ``"correct ~ C(condition) * trial"``.
    table : pandas.DataFrame
        One row for each trial.
    random : mapping of str to str or sequence of str
        Grouping column (``"participant_id"``; ``"condition:case_id"`` joins two) to its random effects: ``"1"``,
        ``"1 + condition"`` (correlated), ``["1", "0 + trial"]`` (two terms that are not correlated).
    extra : sequence of str
        Further numeric columns that are needed, such as a number of trials.

    Returns
    -------
    MixedDesign
        Of the rows in which nothing is missing.

    Raises
    ------
    MixedDesignError
        Lists all faults: columns missing, mistyped or infinite, formulas that cannot be read, a grouping with one
        level, fixed effects that cannot be told apart.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"correct": [1, 0, 1, 1], "condition": list("abab"), "who": [1, 1, 2, None]})
    >>> design = mixed_design("correct ~ condition", trials, random={"who": "1"})
    >>> design.names, design.n, design.n_missing, design.z().toarray().tolist()
    (('Intercept', 'condition[T.b]'), 3, 1, [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> mixed_design("corect ~ condition", trials, random={"case": "1"})
    Traceback (most recent call last):
    analysis.estimators._mixed_formula.MixedDesignError: The model cannot be set up: column 'corect' (in the formula) \
is not in the table. column 'case' (in random) is not in the table.
    """
    import numpy as np
    import pandas as pd
    import patsy

    terms = random_texts(random)
    used = checked_columns(formula, table, terms=terms, extra=extra)
    known = table[used].notna()
    rows = np.flatnonzero(known.all(axis=1).to_numpy())
    kept = table[used].iloc[rows]
    data = pd.DataFrame({name: readable(kept[name]) for name in used}).reset_index(drop=True)
    try:
        response, fixed = read_matrix(patsy.dmatrices, formula, data)
    except patsy.PatsyError as problem:
        raise MixedDesignError([f"the formula '{formula}': {str(problem).splitlines()[0]}."]) from None
    found = [_term(group, text, data, kept) for group, text in terms]
    faults = [
        f"the grouping '{term.group}' has one level; random effects need several."
        for term in found
        if term.n_levels < 2
    ]
    x = np.asarray(fixed, dtype=float)
    if not np.isfinite(response).all():
        faults.append("the outcome is not a finite number in every row.")
    faults += _rank_faults(x, fixed.design_info, what="fixed effect(s)")
    for term in found:
        faults += _rank_faults(term.values, term.info, what=f"random effect(s) of {term.group}")
    groups = {term.group: term.codes for term in found}
    faults += lone_level_faults(data[factors_of(fixed.design_info)], groups)
    if faults:
        raise MixedDesignError(faults)
    return MixedDesign(
        formula=formula,
        response=np.asarray(response, dtype=float)[:, -1],
        fixed=x,
        names=tuple(fixed.design_info.column_names),
        random=tuple(found),
        rows=rows,
        n_missing=len(table) - len(rows),
        missing_by_column={name: int((~known[name]).sum()) for name in used if not known[name].all()},
        extra={name: np.asarray(kept[name], dtype=float) for name in extra},
        categories={
            str(name): list(column.cat.categories) if hasattr(column, "cat") else None
            for name, column in data.items()
        },
        info=fixed.design_info,
    )


def _term(group: str, text: str, data: pd.DataFrame, kept: pd.DataFrame) -> RandomTerm:
    import numpy as np
    import pandas as pd
    import patsy

    try:
        matrix = read_matrix(patsy.dmatrix, text, data)
    except patsy.PatsyError as problem:
        raise MixedDesignError([f"random['{group}']: {str(problem).splitlines()[0]}."]) from None
    if not matrix.shape[1]:
        raise MixedDesignError([f"random['{group}'] '{text}' holds no random effect."])
    codes, levels = np.zeros(len(data), dtype=np.intp), pd.Index([""])
    for part in group.split(":"):
        own, names = pd.factorize(kept[part.strip()].to_numpy(dtype=object), sort=True)
        joined = codes * len(names) + own
        present, codes = np.unique(joined, return_inverse=True)
        levels = pd.Index([f"{levels[at // len(names)]}:{names[at % len(names)]}" for at in present])
    return RandomTerm(
        group=group,
        names=tuple(matrix.design_info.column_names),
        levels=tuple(str(level).removeprefix(":") for level in levels),
        codes=codes.astype(np.intp),
        values=np.ascontiguousarray(matrix, dtype=float),
        info=matrix.design_info,
    )


def _rank_faults(x: Floats, info: Any, *, what: str) -> list[str]:
    """Name the columns that are sums of earlier ones or not finite, and the factors that have one level."""
    import numpy as np

    names = list(info.column_names)
    single = [
        factor.name()
        for factor, about in info.factor_infos.items()
        if about.type == "categorical" and len(about.categories) < 2
    ]
    if single:
        return [f"{' and '.join(single)} has the same value in every row; there is nothing to compare."]
    lost = [name for name, column in zip(names, x.T, strict=True) if not np.isfinite(column).all()]
    if lost:
        return [f"the {what} {', '.join(lost)} are not finite numbers in every row."]
    norms = np.linalg.norm(x, axis=0)
    diagonal = np.abs(np.diag(np.linalg.qr(x / np.where(norms > 0, norms, 1), mode="r")))
    if len(diagonal) < x.shape[1]:
        return [f"{x.shape[1]} {what} are too many for {len(x)} rows."]
    lost = [name for name, size in zip(names, diagonal, strict=True) if size < 1e-9]
    if not lost:
        return []
    return [f"the {what} {', '.join(lost)} cannot be told apart from the others; leave out or merge."]
