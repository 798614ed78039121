"""What can go wrong with cases, predictors and explanations, each said in a sentence."""


class ExplainersError(Exception):
    """Base of the errors of this package; `permanent` says that trying again cannot help."""

    permanent = True


class CaseSetRefused(ExplainersError):
    """The rows or the schema of a case set cannot be used."""


class PredictorRefused(ExplainersError):
    """The weights or the declaration of a predictor cannot be used."""


class ArtefactMissing(ExplainersError):
    """The store has no artefact of that digest."""


class ArtefactCorrupt(ExplainersError):
    """The bytes in the store are not the bytes that the digest names."""


class ExplanationTargetMismatch(ExplainersError):
    """The class that was explained is not the class that was declared."""


class ExplanationRefused(ExplainersError):
    """An explanation was asked for that the method or the predictor cannot give."""


class NotReady(ExplainersError):
    """Something that has to exist first does not exist yet."""

    permanent = False
