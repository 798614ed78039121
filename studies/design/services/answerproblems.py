"""What is wrong with answers before a launch: of predictors, of the reference, and what is claimed of either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from explainers.models import Prediction, Predictor
from studies.design.attention import check_cases
from studies.design.content import Content
from studies.design.truth import truth_of
from studies.protocols.keys import number_or_none

CLOSE = 0.02


def answer_problems(content: Content) -> Iterator[str]:
    """Yield a sentence for everything in which predictors, reference and decision do not fit each other."""
    cases = content.cases()
    truth = truth_of(case_ids=[case.pk for case in cases])
    lacking = [case.key for case in cases if case.pk not in truth]
    if lacking:
        yield f"{len(lacking)} cases have no reference answer, the first is {lacking[0]}."
    if not content.spec.needs_predictions:
        return
    if content.spec.decision.kind == "numeric":
        yield from _number_problems(content, truth)
    elif not content.spec.decision.options_from:
        yield from _option_problems(content, truth)


def check_problems(content: Content) -> Iterator[str]:
    """Yield a sentence for every attention check whose case is not there."""
    known = {(case.case_set.name, case.key) for case in content.cases()}
    for name, key in sorted(check_cases(content.spec.steps) - known):
        yield f"The case '{key}' of an attention check is not in the case set '{name}': bring it with the others."


def claim_problems(content: Content) -> Iterator[str]:
    """Yield a sentence for everything that is untrue or unsaid about advice, where no deception is declared."""
    spec, truth = content.spec, truth_of(case_ids=[case.pk for case in content.cases()])
    for alias, predictor in content.known_predictors.items():
        if predictor.kind == Predictor.Kind.SCRIPTED and not spec.deception:
            yield (
                f"The advice of '{alias}' is scripted, which deceives: write 'deception: true' and add a debrief with "
                "consent after it."
            )
    for condition in spec.conditions:
        predictor = content.known_predictors[condition.predictor]
        if condition.advice_source == "person" and predictor.kind == Predictor.Kind.TRAINED:
            yield (
                f"The condition '{condition.name}' calls the answers of the network {predictor.name} a person's: "
                "bring the person's answers as imported predictions, or leave 'source: person' out."
            )
        claim = condition.claimed_accuracy
        real = _accuracy(predictor, truth)
        if claim is not None and real is not None and abs(claim - real) > CLOSE and not spec.deception:
            yield (
                f"The condition '{condition.name}' claims that {predictor.name} is right in {100 * claim:.0f} % of "
                f"cases, and it is right in {100 * real:.1f} % of these: mend the number, or declare deception."
            )


def _number_problems(content: Content, truth: Mapping[int, str]) -> Iterator[str]:
    for predictor in content.known_predictors.values():
        if (predictor.output or {}).get("kind") != "regression":
            yield f"The predictor {predictor.name} answers with classes, but the decision is a number."
    odd = [value for value in truth.values() if number_or_none(value) is None]
    if odd:
        yield f"The reference answer '{odd[0]}' is no number, but the decision is one."


def _option_problems(content: Content, truth: Mapping[int, str]) -> Iterator[str]:
    options = {option.value for option in content.spec.decision.options}
    for predictor in content.known_predictors.values():
        if set(predictor.classes) != options:
            yield (
                f"The predictor {predictor.name} answers {', '.join(sorted(predictor.classes))}, but the decision "
                f"offers {', '.join(sorted(options))}."
            )
    odd = sorted(set(truth.values()) - options)
    if odd:
        yield f"The reference answer '{odd[0]}' is not one of the options of the decision."


def _accuracy(predictor: Predictor, truth: Mapping[int, str]) -> float | None:
    said = dict(
        Prediction.objects.filter(predictor=predictor, case__in=list(truth)).values_list("case_id", "label")
    )
    return sum(said[pk] == truth[pk] for pk in said) / len(said) if said else None
