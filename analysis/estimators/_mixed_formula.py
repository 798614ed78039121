"""What a mixed model's formulas ask of a table: which columns they name, and whether they name nothing else.

patsy evaluates the parts of a formula as Python. Before it may, every part is read here and must be made of columns,
numbers, arithmetic and the functions in `FUNCTIONS`; a formula in a plan can therefore run nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import pandas as pd

_CODINGS = frozenset({"Treatment", "Sum", "Helmert", "Diff", "Poly"})
_NUMERIC = frozenset({"log", "log2", "log10", "log1p", "exp", "sqrt", "abs"})
FUNCTIONS = frozenset({"C", "Q", "I", "center", "standardize", "scale", "bs", "cr"}) | _CODINGS | _NUMERIC
_NODES = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Call, ast.keyword, ast.Compare,
    ast.List, ast.Tuple, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.unaryop, ast.cmpop,
)  # fmt: skip


class MixedDesignError(CannotEstimateError):
    """The table does not fit the formulas; ``faults`` lists everything that is wrong, a sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("The model cannot be set up: " + " ".join(self.faults))


def parts_of(formula: str, *, where: str) -> tuple[list[str], list[str]]:
    """Split a formula into the parts left and right of its ``~``, as patsy reads it.

    Parameters
    ----------
    formula : str
        Such as ``"correct ~ C(condition) * trial"`` or, for random effects, ``"1 + condition"``.
    where : str
        What to call it in messages.

    Returns
    -------
    list of str, list of str
        The distinct factors of either side.

    Raises
    ------
    ValueError
        When it is no formula, or asks for anything but columns, arithmetic and `FUNCTIONS`.

    Examples
    --------
    >>> parts_of("correct ~ C(condition) * trial", where="the formula")
    (['correct'], ['C(condition)', 'trial'])
    """
    import patsy

    try:
        described = patsy.ModelDesc.from_formula(formula)
    except patsy.PatsyError as problem:
        raise ValueError(f"{where} '{formula}' cannot be read: {str(problem).splitlines()[0]}.") from None
    except (SyntaxError, TypeError, AttributeError):
        raise ValueError(
            f"{where} {formula!r} cannot be read; write it like 'correct ~ C(condition) + trial'."
        ) from None
    sides = []
    for terms in (described.lhs_termlist, described.rhs_termlist):
        codes = [factor.name() for term in terms for factor in term.factors]
        sides.append(list(dict.fromkeys(codes)))
    for code in [*sides[0], *sides[1]]:
        _refuse_code(code, where=f"{where} '{formula}'")
    return sides[0], sides[1]


def _refuse_code(code: str, *, where: str) -> None:
    tree = ast.parse(code, mode="eval")
    numpy_names = {id(part) for node in ast.walk(tree) if _is_numpy(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in numpy_names:
            continue
        called = getattr(node, "func", None)
        is_known = called is None or (isinstance(called, ast.Name) and called.id in FUNCTIONS)
        is_known = is_known or id(called) in numpy_names
        if not isinstance(node, _NODES) or not is_known:
            raise ValueError(
                f"{where} asks for '{ast.unparse(node) or code}'; it may hold columns, numbers, + - * / ** and "
                f"{', '.join(sorted(FUNCTIONS))}."
            )


def _is_numpy(node: ast.AST) -> bool:
    """Whether it is one of the numeric functions written with numpy's prefix, as in ``np.log``."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "np"
        and node.attr in _NUMERIC
    )


def columns_of(code: str) -> list[str]:
    """Return the columns that a part of a formula names.

    Parameters
    ----------
    code : str
        A part such as ``"C(condition, Treatment('ai'))"``.

    Returns
    -------
    list of str
        In the order of writing, each once.

    Examples
    --------
    >>> columns_of("C(condition, Treatment('ai'))"), columns_of("log(rt_ms / 1000)"), columns_of("Q('a b')")
    (['condition'], ['rt_ms'], ['a b'])
    """
    return list(dict.fromkeys(_names(ast.parse(code, mode="eval").body)))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if getattr(node.func, "id", "") == "Q" and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
            return
        for argument in [*node.args, *(word.value for word in node.keywords)]:
            yield from _names(argument)
    elif isinstance(node, ast.Name) and node.id not in _CODINGS:
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _names(child)


def namespace() -> Any:
    """Return what the functions of a formula mean, for patsy; its own ``C``, ``center`` and so on are added by it."""
    import numpy as np
    import patsy

    numeric = {name: getattr(np, name) for name in _NUMERIC}
    return patsy.EvalEnvironment([numeric | {"np": SimpleNamespace(**numeric)}])


def read_matrix(reader: Callable[..., Any], formula: str, data: pd.DataFrame) -> Any:
    """Let patsy read a formula; what is not a finite number is found afterwards, with the name of its column."""
    import numpy as np
    import patsy

    with np.errstate(all="ignore"):
        return reader(formula, data, eval_env=namespace(), NA_action=patsy.NAAction(NA_types=[]))


def is_declared_categorical(code: str, column: str) -> bool:
    """Say whether a part names the column inside ``C(...)``."""
    inside = [
        node
        for node in ast.walk(ast.parse(code, mode="eval"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "C"
    ]
    return any(column in set(_names(node)) for node in inside)


def readable(values: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column a type that patsy reads fast: numbers, truth values, or categories that all occur.

    Parameters
    ----------
    values : pandas.Series
        Without missing values.

    Returns
    -------
    pandas.Series
        Of dtype ``float64``, ``int64``, ``bool`` or ``category``; text becomes categories in sorted order.
    """
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.remove_unused_categories()
    if pd.api.types.is_bool_dtype(values.dtype) or _is_truth(values):
        return values.astype(bool)
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("int64")
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(float)
    return values.astype(object).astype("category")


def column_fault(values: pd.Series[Any], *, name: str, code: str, is_response: bool) -> str:
    """Say in a sentence why a column cannot play its part, or return an empty text.

    Parameters
    ----------
    values : pandas.Series
        As in the table; missing values are ignored.
    name, code : str
        The column, and the part of the formula that names it.
    is_response : bool
        Whether it stands left of ``~``.

    Returns
    -------
    str
        Empty when nothing is wrong.
    """
    import numpy as np
    import pandas as pd

    known = values.dropna()
    if known.empty:
        return f"column '{name}' has no values."
    if pd.api.types.is_numeric_dtype(known.dtype):
        wrong = ~np.isfinite(known.astype(float).to_numpy())
        if wrong.any():
            return f"column '{name}' has {int(wrong.sum())} infinite value(s); a finite number is needed."
        return ""
    if pd.api.types.is_datetime64_any_dtype(known.dtype):
        return f"column '{name}' holds dates; turn it into a number first."
    if is_response:
        return (
            f"column '{name}' holds {_kind(known)}, such as {known.iloc[0]!r}; the outcome must be a number."
        )
    if is_declared_categorical(code, name) or isinstance(known.dtype, pd.CategoricalDtype):
        return ""
    if pd.to_numeric(known.astype(object), errors="coerce").notna().all() and not _is_truth(known):
        return (
            f"column '{name}' holds numbers as text, such as {known.iloc[0]!r}; convert it, or write C({name}) "
            "if its values are names."
        )
    return ""


def _is_truth(values: pd.Series[Any]) -> bool:
    return bool(str(values.dtype) == "object" and values.map(lambda value: isinstance(value, bool)).all())


def _kind(values: pd.Series[Any]) -> str:
    return "categories" if str(values.dtype) == "category" else "text"


def random_texts(random: Mapping[str, str | Sequence[str]]) -> list[tuple[str, str]]:
    """Return grouping and formula of each random term, in order; refuse what is neither text nor a list of texts."""
    if not hasattr(random, "items"):
        raise MixedDesignError(
            [f"random must map groupings to effects, as {{'participant_id': '1'}}; got {random!r}."]
        )
    terms = [
        (group, text)
        for group, texts in random.items()
        for text in ([texts] if isinstance(texts, str) or not isinstance(texts, Sequence) else texts)
    ]
    wrong = [
        f"random[{group!r}] must be text such as '1 + condition', got {text!r}."
        for group, text in terms
        if not isinstance(text, str) or not isinstance(group, str)
    ]
    if wrong:
        raise MixedDesignError(wrong)
    return terms


def factors_of(info: Any) -> list[str]:
    """Return the columns that a design of patsy reads as categories."""
    factors = info.factor_infos.items()
    found = [c for factor, about in factors if about.type == "categorical" for c in columns_of(factor.name())]
    return list(dict.fromkeys(found))


def lone_level_faults(factors: pd.DataFrame, groups: Mapping[str, Any]) -> list[str]:
    """Name the conditions that only one participant (level of a grouping) is in: the two cannot be told apart.

    Parameters
    ----------
    factors : pandas.DataFrame
        The categorical columns of the fixed effects.
    groups : mapping of str to numpy.ndarray of int
        Level of each row, by grouping.

    Returns
    -------
    list of str
        A sentence for each factor that does not vary within a grouping and has such a condition.
    """
    faults = []
    for name in factors:
        for group, codes in groups.items():
            pairs = factors[[name]].assign(_level=codes).drop_duplicates()
            if pairs["_level"].duplicated().any():
                continue
            counts = pairs[name].value_counts()
            lone = [str(level) for level, count in counts.items() if count == 1]
            if lone:
                faults.append(
                    f"only one level of '{group}' is in {name} {', '.join(lone)}; what is the person's (or the case's) "
                    "and what the condition's cannot be told apart."
                )
    return faults


def checked_columns(
    formula: str, table: pd.DataFrame, *, terms: Sequence[tuple[str, str]], extra: Sequence[str]
) -> list[str]:
    """Return the columns that a model needs, or raise `MixedDesignError` with everything that is wrong with them."""
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        raise MixedDesignError([f"the table must be a pandas DataFrame, got {type(table).__name__}."])
    wanted, faults = _wanted_columns(formula, terms=terms)
    for name in extra:
        wanted.setdefault(name, ("asked for by name", name, True))
    for name, (where, code, is_response) in wanted.items():
        if name not in table.columns:
            faults.append(f"column '{name}' ({where}) is not in the table.")
        elif (table.columns == name).sum() > 1:
            faults.append(f"the table has several columns called '{name}'.")
        elif fault := column_fault(table[name], name=name, code=code, is_response=is_response):
            faults.append(fault)
    if not faults and not bool(table[list(wanted)].notna().all(axis=1).any()):
        faults.append("no row of the table has a value in every column of the model.")
    if faults:
        raise MixedDesignError(faults)
    return list(wanted)


def _wanted_columns(
    formula: str, *, terms: Sequence[tuple[str, str]]
) -> tuple[dict[str, tuple[str, str, bool]], list[str]]:
    """Return for each column where it stands, its part of the formula and whether it is the outcome; and faults."""
    faults: list[str] = []
    places: list[tuple[str, str, bool]] = []
    sources = [(formula, "the formula")] + [(text, f"random['{group}']") for group, text in terms]
    for text, where in sources:
        try:
            left, right = parts_of(text, where=where)
        except ValueError as problem:
            faults.append(str(problem))
            continue
        if len(left) != (where == "the formula"):
            faults.append(f"{where} '{text}' must name {'one' if where == 'the formula' else 'no'} outcome.")
        place = "in the formula" if where == "the formula" else "in random"
        places += [(code, place, code in left) for code in [*left, *right]]
    wanted: dict[str, tuple[str, str, bool]] = {}
    for code, place, is_response in places:
        for name in columns_of(code):
            wanted.setdefault(name, (place, code, is_response))
    for name in [part.strip() for group, _ in terms for part in group.split(":")]:
        wanted.setdefault(name, ("in random", f"C(Q({name!r}))", False))
    return wanted, faults
