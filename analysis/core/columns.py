"""Every column of every table that leaves a study; data only, no logic."""

from __future__ import annotations

from analysis.core.column import Column


def _text(name: str, meaning: str, *, nullable: bool = False, levels: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", "", meaning, levels=levels, nullable=nullable)


def _flag(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "boolean", "", meaning, nullable=nullable)


def _index(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, "integer", "", meaning, nullable=nullable, low=0)


def _share(name: str, meaning: str) -> Column:
    return Column(name, "number", "proportion", meaning, nullable=True, low=0, high=1)


def _time(name: str, unit: str, meaning: str, *, nullable: bool = True) -> Column:
    return Column(name, "number", unit, meaning, nullable=nullable, low=0)


STUDY = _text("study", "short name of the study")
VERSION = Column("study_version", "integer", "", "version of the study that the participant is on", low=1)
PARTICIPANT = _text("participant_id", "pseudonym of the participant")
CONDITION = _text("condition", "condition that the participant was allocated to", nullable=True)
STRATUM = _text("stratum", "stratum of the allocation; empty in a study without strata", nullable=True)
SLOT = _index("slot", "place in the allocation list of the stratum", nullable=True)
BLOCK = _index("block_index", "place of the block of trials in the flow")
TRIAL = _index("trial_index", "place of the trial in its block")
CASE = _text("case_id", "case that is judged")
PROTOCOL = _text("protocol", "what the participant is asked to do")
EXCLUDED = _flag("excluded", "excluded by a rule of the study")
REASON = _text("exclusion_reason", "rule that excludes; empty otherwise", nullable=True)
SIMULATED = _flag("is_simulated", "made by a simulated participant")

TRIAL_STATUS = ("answered", "timed_out", "skipped", "not_reached")
PARTICIPANT_STATUS = (
    "enrolled",
    "screened_out",
    "comprehension_failed",
    "allocated",
    "completed",
    "withdrawn",
    "erased",
    "expired",
)

TRIAL_COLUMNS = (
    STUDY,
    VERSION,
    PARTICIPANT,
    STRATUM,
    SLOT,
    CONDITION,
    BLOCK,
    TRIAL,
    CASE,
    PROTOCOL,
    _text("predictor", "the AI under study", nullable=True),
    _text(
        "advice_source",
        'who gives the advice: "ai", "person", or "none" where no advice is shown',
        nullable=True,
    ),
    _text("explanations", 'names of the explanations shown, joined by "+"; empty if none', nullable=True),
    _text("ground_truth", "what is true of the case", nullable=True),
    _text("ai_prediction", "what the AI says of the case, also where nobody is told", nullable=True),
    _share("ai_confidence", "confidence of the AI in its prediction"),
    _flag("ai_correct", "the AI's prediction is the truth", nullable=True),
    _text("response_initial", "decision before advice, in protocols that ask for one", nullable=True),
    _text("response", "final decision; in simulation protocols the guess of what the AI says", nullable=True),
    _flag("correct_initial", "the initial decision is right", nullable=True),
    _flag("correct", "the response is right; in simulation protocols it agrees with the AI", nullable=True),
    Column("score", "number", "", "score of the response by its protocol", nullable=True),
    _share("confidence_initial", "stated confidence in the initial decision"),
    _share("confidence", "stated confidence in the response"),
    _time("rt_initial_ms", "ms", "from first paint to the initial decision, hidden time included"),
    _time("rt_ms", "ms", "from first paint of the trial to its final decision, hidden time included"),
    _time("hidden_ms", "ms", "time in which the page was hidden, part of rt_ms"),
    _time("explanation_visible_ms", "ms", "time in which an explanation could be seen"),
    _time("presented_s", "s", "first presentation, from the participant's start"),
    _time("responded_s", "s", "final response, from the participant's start"),
    _text("status", "what became of the trial", levels=TRIAL_STATUS),
    _flag("is_practice", "a practice trial"),
    _flag("is_attention_check", "an attention check"),
    SIMULATED,
    EXCLUDED,
    REASON,
)

OPTIONAL_TRIAL_COLUMNS = (
    _flag("is_positive", "the truth of the case is the positive class, such as the disease", nullable=True),
    Column("score_initial", "number", "", "score that the initial decision would have had", nullable=True),
    Column("score_ai", "number", "", "score that following the AI would have had", nullable=True),
    Column("cost", "number", "", "what the action of the trial cost, in the unit of score", nullable=True),
    _flag("deferred", "the decision was handed over, to the AI or to somebody else", nullable=True),
    _text("phase", "phase of learning", nullable=True, levels=("pre", "learn", "test", "retention")),
    _index("n_learned", "explained or unexplained examples seen before this trial (K)", nullable=True),
    Column(
        "n_options",
        "integer",
        "",
        "options to choose from: the chance level is 1 / n_options",
        nullable=True,
        low=2,
    ),
    _text(
        "action",
        "what was done with the case: decide, accept or escalate; by the system where routed_ stands in front",
        nullable=True,
    ),
    _text("part", "part of a protocol that has several", nullable=True),
    _text(
        "response_after", "own decision once the AI's answer was shown, after a guess of it", nullable=True
    ),
    _flag("correct_named", "the cause that was named is the planted one", nullable=True),
    _index("place", "place of the chosen thing among those side by side, from 1", nullable=True),
    Column("gain", "number", "", "what the chosen change was found to gain", nullable=True),
    Column("side_effect", "number", "", "what the chosen change was found to harm elsewhere", nullable=True),
    Column(
        "score_best", "number", "", "the highest score that an answer on offer would have had", nullable=True
    ),
    _text("ai_prediction_original", "what the AI says of the case before it was changed", nullable=True),
    _text(
        "variant", "variant of the explanation, such as its seed, checkpoint or perturbation", nullable=True
    ),
    _flag("advice_shown", "the advice was on the screen, at once or when it was revealed", nullable=True),
    _index("n_explanations_shown", "explanations that were on the screen", nullable=True),
    _share("understanding", "stated understanding of the AI: 0 not at all, 1 completely"),
)

OF_A_TRIAL = (STUDY, VERSION, PARTICIPANT, CONDITION, BLOCK, TRIAL, CASE)

RESPONSE_COLUMNS = (
    *OF_A_TRIAL,
    PROTOCOL,
    _text("stage", "stage of the trial that asked"),
    _text("field", "name of the field"),
    _text("kind", "kind of the field, such as choice or probability"),
    _text("value", "answer as text", nullable=True),
    _time("rt_ms", "ms", "from first paint of the stage to this answer, hidden time included"),
    _time("hidden_ms", "ms", "time in which the page was hidden, part of rt_ms"),
    _time("responded_s", "s", "when it was answered, from the participant's start"),
)

PRESENTED = ("case", "advice", "explanation", "own_answer", "original", "outcome", "reference")

OPTIONAL_RESPONSE_COLUMNS = (
    _text("reference", "reference answer that this field is compared with", nullable=True),
    _flag("correct", "the answer is right; empty where that cannot be said", nullable=True),
    Column(
        "score", "number", "credit 0-1", "what the answer is worth by the rule of its field", nullable=True
    ),
)

REVEALS = ("at_once", "on_request", "after_delay", "after_initial")
PRESENTATION_COLUMNS = (
    *OF_A_TRIAL,
    _text("stage", "stage of the trial that showed it"),
    _index("position", "place on the page"),
    _text(
        "item",
        "what was shown",
        levels=PRESENTED,
    ),
    _text("name", "name of the thing shown", nullable=True),
    _text("digest", "digest of what was shown", nullable=True),
    _text("rendering_digest", "digest of how it was drawn", nullable=True),
    _time("presented_s", "s", "when it was shown, from the participant's start"),
)
OPTIONAL_PRESENTATION_COLUMNS = (
    _text("reveal", "when it was to be shown", levels=REVEALS, nullable=True),
    _time("visible_ms", "ms", "how long at least half of it was in view", nullable=True),
    _index("opens", "how often the participant opened it", nullable=True),
    _index("toggles", "how often the participant opened or closed it", nullable=True),
    _index("zooms", "how often the participant made a picture in it larger or smaller", nullable=True),
)

PARTICIPANT_COLUMNS = (
    STUDY,
    VERSION,
    PARTICIPANT,
    SIMULATED,
    STRATUM,
    SLOT,
    CONDITION,
    _text("status", "how far the participant came", levels=PARTICIPANT_STATUS),
    _flag("consented", "gave consent"),
    _index("comprehension_attempts", "attempts at the comprehension check", nullable=True),
    _flag("comprehension_passed", "passed the comprehension check", nullable=True),
    _flag("allocated", "claimed a slot of the allocation list"),
    _index("n_scheduled", "trials scheduled, practice included"),
    _index("n_answered", "trials answered, practice included"),
    _flag("completed", "reached the end"),
    _flag("withdrawn", "withdrew"),
    _time("started_s", "s", "always 0: every time is counted from here", nullable=False),
    _time("ended_s", "s", "last sign of the participant, from the start"),
    EXCLUDED,
    REASON,
)

SCALE_COLUMNS = (
    STUDY,
    VERSION,
    PARTICIPANT,
    CONDITION,
    _index("step_index", "place of the questionnaire in the flow"),
    _text("questionnaire", "name of the questionnaire"),
    _text("questionnaire_version", "version of the questionnaire"),
    _text("item", "name of the item"),
    _text("subscale", "subscale of the item; empty if none", nullable=True),
    Column("value", "number", "", "answer as given, not yet reversed", nullable=True),
    Column("minimum", "number", "", "lowest answer possible", nullable=True),
    Column("maximum", "number", "", "highest answer possible", nullable=True),
    _flag("reverse", "the item is scored as minimum + maximum - value"),
    _time("answered_s", "s", "when it was answered, from the participant's start"),
)

OPTIONAL_PARTICIPANT_COLUMNS = (
    _text("language", "language in which the participant read the pages", nullable=True),
    _index("attention_checks", "attention checks that were met, in trials and questionnaires", nullable=True),
    _index(
        "attention_failed",
        "attention checks that were not answered as they ask, or not in time",
        nullable=True,
    ),
)

OPTIONAL_SCALE_COLUMNS = (
    _text("scoring", "how the items make the score of the questionnaire", levels=("mean", "sum", "none")),
    _index("position", "place at which the item stood on its page, from 0"),
    _text(
        "given",
        "what was given: an answer, 'I prefer not to say', or nothing",
        levels=("answer", "prefer_not", "left_open"),
    ),
)

EVENT_COLUMNS = (
    STUDY,
    VERSION,
    PARTICIPANT,
    _text("source", "who wrote the event, such as client or server"),
    _index("seq", "number of the event within its source"),
    _text("kind", "what happened"),
    _time("t_client_ms", "ms", "monotonic clock of the browser"),
    _time("received_s", "s", "when the server received it, from the participant's start"),
    Column("payload", "json", "", "details as JSON text", nullable=True),
)

ALLOCATION_COLUMNS = (
    STRATUM,
    _index("slot", "place in the list of its stratum"),
    _text("condition", "condition of the slot"),
)
