"""Agreement of two coders on free text: Cohen's kappa, over all codes and for each code apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def coder_agreement(
    codings: pd.DataFrame | None, *, alpha: float = 0.05, blinded: bool = False
) -> dict[str, Any] | None:
    """Compare two coders who coded the same responses, each without seeing the other.

    ``kappa = (p_o - p_e) / (1 - p_e)``, standard error after Fleiss, Cohen and Everitt (1969).

    Parameters
    ----------
    codings : pandas.DataFrame or None
        Columns ``response, coder, code``; one code for each response and coder. With ``condition``, codes are counted
        by condition too.
    alpha : float
        The interval covers ``1 - alpha``.
    blinded : bool
        The dataset says that the coders saw neither condition nor person.

    Returns
    -------
    dict or None
        ``kappa, low, high, agreement, n, blinded, n_single`` (responses that only one coder coded), ``coders, codes``
        (``code``, counts of ``first`` and ``second``, ``both``, ``kappa`` of this code against all others),
        ``by_condition`` (``condition, n``, and under ``counts`` how many texts both coders gave each code),
        ``undefined``: None or a sentence. None without codings.

    References
    ----------
    .. [1] Cohen (1960). Educ. Psychol. Meas. 20, 37-46. https://doi.org/10.1177/001316446002000104
    .. [2] Fleiss, Cohen & Everitt (1969). Psychol. Bull. 72, 323-327. https://doi.org/10.1037/h0028106

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = ["aa", "aa", "bb", "ab"]
    >>> rows = [(str(at), who, code) for at, pair in enumerate(pairs) for who, code in zip("xy", pair)]
    >>> found = coder_agreement(pd.DataFrame(rows, columns=["response", "coder", "code"]))
    >>> found["kappa"], found["agreement"]
    (0.5, 0.75)
    """
    if codings is None:
        return None
    coders = sorted(set(codings["coder"]))
    twice = int(codings.duplicated(["response", "coder"]).sum())
    if len(coders) != 2 or twice:
        what = (
            f"{len(coders)} coder(s)" if len(coders) != 2 else f"{twice} response(s) coded twice by one coder"
        )
        return {"undefined": f"Kappa needs two coders with one code for each response; there are {what}."}
    wide = codings.pivot(index="response", columns="coder", values="code")
    both = wide.dropna()
    if both.empty:
        return {"undefined": "No response was coded by both coders."}
    first, second = both[coders[0]].tolist(), both[coders[1]].tolist()
    names = sorted(set(first) | set(second))
    return {
        **_kappa(first, second, names, alpha=alpha),
        "blinded": blinded,
        "n_single": len(wide) - len(both),
        "coders": coders,
        "codes": [_code(first, second, name, alpha=alpha) for name in names],
        "by_condition": _by_condition(codings, both, names),
        "undefined": None,
    }


def _by_condition(codings: pd.DataFrame, both: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Count, in each condition, the texts to which both coders gave the same code."""
    if "condition" not in codings.columns:
        return []
    where = codings.drop_duplicates("response").set_index("response")["condition"]
    agreed = both[both.iloc[:, 0] == both.iloc[:, 1]].iloc[:, 0]
    found = []
    for condition in sorted(set(where[where != ""].dropna())):
        mine = set(where.index[where == condition])
        counts = agreed[agreed.index.isin(mine)].value_counts()
        found.append(
            {
                "condition": condition,
                "n": int(both.index.isin(mine).sum()),
                "counts": [{"code": name, "count": int(counts.get(name, 0))} for name in names],
            }
        )
    return found


def _code(first: list[str], second: list[str], name: str, *, alpha: float) -> dict[str, Any]:
    yes = [str(one == name) for one in first], [str(one == name) for one in second]
    return {
        "code": name,
        "first": first.count(name),
        "second": second.count(name),
        "both": sum(one == other == name for one, other in zip(first, second, strict=True)),
        "kappa": _kappa(*yes, ["True", "False"], alpha=alpha)["kappa"],
    }


def _kappa(first: list[str], second: list[str], names: list[str], *, alpha: float) -> dict[str, Any]:
    from scipy import stats

    n = len(first)
    joint = {(one, other): 0.0 for one in names for other in names}
    for pair in zip(first, second, strict=True):
        joint[pair] += 1 / n
    rows = {name: sum(joint[name, other] for other in names) for name in names}
    columns = {name: sum(joint[other, name] for other in names) for name in names}
    seen = sum(joint[name, name] for name in names)
    chance = sum(rows[name] * columns[name] for name in names)
    if chance >= 1 - 1e-12:
        nothing = {"kappa": math.nan, "low": math.nan, "high": math.nan}
        return {**nothing, "agreement": seen, "n": n}
    kappa = (seen - chance) / (1 - chance)
    on = sum(
        joint[name, name] * ((1 - chance) - (rows[name] + columns[name]) * (1 - seen)) ** 2 for name in names
    )
    off = (1 - seen) ** 2 * sum(
        joint[one, other] * (columns[one] + rows[other]) ** 2
        for one in names
        for other in names
        if one != other
    )
    variance = (on + off - (seen * chance - 2 * chance + seen) ** 2) / (n * (1 - chance) ** 4)
    reach = float(stats.norm.ppf(1 - alpha / 2)) * math.sqrt(max(variance, 0.0))
    return {"kappa": kappa, "low": kappa - reach, "high": min(1.0, kappa + reach), "agreement": seen, "n": n}
