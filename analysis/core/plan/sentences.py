"""The plan in words: each function says one part of it in full sentences, for registries and reports."""

from __future__ import annotations

from analysis.core.plan.values import Effect, Hypothesis, Plan, Rule

ESTIMATORS = {
    "participant_contrast": "Welch's t test on one value per participant",
    "permutation": "a permutation test that replays the recorded allocation (studentised)",
    "sign_flip": "a sign-flip test on one difference per participant",
    "glmm": "a logistic mixed model with crossed random effects of participants and cases (Laplace)",
    "lmm": "a linear mixed model with crossed random effects of participants and cases (REML, Satterthwaite)",
    "mrmc": "a multi-reader multi-case analysis (Obuchowski-Rockette, degrees of freedom after Hillis)",
}
WITHIN = {
    "participant_contrast": "a paired t test on one difference per participant",
    "permutation": "a sign-flip test on one difference per participant",
}
METHODS = {
    "holm": "Holm's step-down procedure",
    "bh": "the procedure of Benjamini and Hochberg (false discovery rate)",
    "max_t": "the max-T procedure of Westfall and Young, by replaying the allocation",
    "dunnett": "Dunnett's procedure for several conditions against one control",
}
_SIDES = {"two_sided": "two-sided", "greater": "one-sided, greater", "less": "one-sided, less"}


def hypothesis_sentence(one: Hypothesis) -> str:
    """Say what is claimed.

    Parameters
    ----------
    one : Hypothesis
        Of a plan.

    Returns
    -------
    str
        One or two sentences.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai", "direction": "greater"}})
    >>> hypothesis_sentence(plan.primary)
    'accuracy is higher with ig than with ai.'
    """
    claims = {
        "difference": {
            "two_sided": "{m} differs between {t} and {c}",
            "greater": "{m} is higher with {t} than with {c}",
            "less": "{m} is lower with {t} than with {c}",
        }[one.direction],
        "equivalence": "{m} differs between {t} and {c} by less than {d}",
        "non_inferiority": "{m} with {t} is not worse than with {c} by {d} or more",
    }
    parts = [
        claims[one.claim].format(
            m=one.measure, t=contrast.treatment, c=contrast.control, d=one.smallest_effect
        )
        for contrast in one.contrasts
    ]
    if one.conjunction and len(parts) > 1:
        return (
            f"{' and '.join(parts)}. This is one hypothesis: each part must hold (intersection-union test)."
        )
    return " ".join(f"{part}." for part in parts)


def testing_sentence(one: Hypothesis, *, alpha: float) -> str:
    """Say how a hypothesis is tested and what decides.

    Parameters
    ----------
    one : Hypothesis
        Of a plan.
    alpha : float
        Error rate.

    Returns
    -------
    str
        Sentences.
    """
    decides = WITHIN.get(one.estimator) if one.placed == "within" else None
    found = (
        f"{one.measure} ({', '.join(str(contrast) for contrast in one.contrasts)}) is decided by "
        f"{decides or ESTIMATORS[one.estimator]}, {_SIDES[one.direction]}, alpha {alpha}. "
        f"Conditions differ {one.placed} participants."
    )
    if one.model.random:
        effects = "; ".join(f"{terms} by {group}" for group, terms in one.model.random)
        found += f" Random effects: {effects}."
    if one.model.covariates:
        found += f" Covariates: {', '.join(one.model.covariates)}."
    settings = [
        f"{name} {getattr(one.model, name)}"
        for name in ("link", "metric", "covariance", "fixed")
        if getattr(one.model, name)
    ]
    if settings:
        found += f" Settings: {', '.join(settings)}."
    if one.smallest_effect is not None and one.claim == "difference":
        found += (
            f" The smallest effect of interest is {one.smallest_effect}; a difference that is not shown is followed by "
            "two one-sided tests against it, and is called equivalent only if these show it."
        )
    return found


def multiplicity_sentence(plan: Plan) -> str:
    """Say how p values are corrected.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    str
        One sentence.
    """
    if plan.multiplicity == "none":
        return "p values are not corrected for their number."
    family = (
        "The primary question and the secondary ones are two families"
        if plan.family == "apart"
        else "The primary question and the secondary ones are one family"
    )
    return f"{family}, corrected by {METHODS[plan.multiplicity]}."


def exclusion_sentences(plan: Plan) -> list[str]:
    """Say who is analysed and who is left out.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    list of str
        Sentences.
    """
    found = [
        "All participants who were allocated are analysed as allocated (intention to treat)."
        if plan.analyse == "intention_to_treat"
        else "Participants who reached the end and whom no rule of the study excludes are analysed (completers)."
    ]
    found += [
        f"The main analysis leaves out participants with {rules_text(rules)}." for rules in plan.exclude
    ]
    if plan.exclude:
        found.append("The result without these exclusions is reported beside it.")
    found.append(
        "Rules are applied by program, blind to condition and outcome. Trials are not left out as outliers; "
        "missing answers are counted and never imputed."
    )
    return found


def stopping_sentence(plan: Plan) -> str:
    """Say when recruitment stops.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    str
        Sentences.
    """
    size = (
        f"{plan.n} participants are to be analysed." if plan.n else "The number of participants is not fixed."
    )
    if plan.spending == "always_valid":
        return (
            f"{size} The primary question is monitored by an always-valid p value (mixture sequential probability "
            "ratio test) and may stop at any time at which it is below alpha."
        )
    if not plan.looks:
        return f"{size} Nobody looks at outcomes by condition before that; recruitment stops there."
    when = ", ".join(f"{100 * look:g} %" for look in plan.looks)
    kind = {"obrien_fleming": "O'Brien-Fleming", "pocock": "Pocock"}[plan.spending or "obrien_fleming"]
    return (
        f"{size} The primary question is tested at {when} of them; alpha is spent by the Lan-DeMets function of "
        f"{kind} type, and recruitment stops when a boundary is crossed. No other look is taken."
    )


def sensitivity_sentences(plan: Plan) -> list[str]:
    """Say how the primary question is answered again.

    Parameters
    ----------
    plan : Plan
        Checked.

    Returns
    -------
    list of str
        Sentences; a standing one on the second test.
    """
    found = [f"Without participants with {rules_text(rules)}." for rules in plan.sensitivity]
    for one in plan.variations:
        found.append(
            f"Decided by {ESTIMATORS[one.estimator]} instead."
            if one.estimator
            else f"On another set: {(one.analyse or '').replace('_', ' ')}."
        )
    return found


def rules_text(rules: tuple[Rule, ...]) -> str:
    """Join rules of one set by "or".

    Parameters
    ----------
    rules : tuple of Rule
        One set.

    Returns
    -------
    str
        Such as "median_rt_ms below 800".

    Examples
    --------
    >>> rules_text((Rule("median_rt_ms", "below", 800), Rule("duplicate", "equal", True)))
    'median_rt_ms below 800 or duplicate = True'
    """
    return " or ".join(str(rule) for rule in rules)


def effect_words(effect: Effect) -> str:
    """Say in words what an effect of a factor compares.

    Parameters
    ----------
    effect : Effect
        Of a plan.

    Returns
    -------
    str
        Part of a sentence.

    Examples
    --------
    >>> from analysis.core.plan.values import Contrast
    >>> effect_words(Effect("accuracy", Contrast("path", "none"), by=Contrast("hard", "easy")))
    'path against none, how much more with hard than with easy (interaction)'
    >>> effect_words(Effect("accuracy", Contrast("path", "none"), at=(("difficulty", "hard"),)))
    'path against none, at difficulty hard'
    """
    level = {
        name: name.rpartition("=")[2]
        for pair in (effect.levels, effect.by)
        if pair
        for name in (pair.treatment, pair.control)
    }
    told = f"{level[effect.levels.treatment]} against {level[effect.levels.control]}"
    if effect.by:
        told += f", how much more with {level[effect.by.treatment]} than with {level[effect.by.control]} (interaction)"
    told += "".join(f", at {factor} {name}" for factor, name in effect.at)
    return told if effect.at or effect.by else f"{told}, over all other factors (main effect)"
