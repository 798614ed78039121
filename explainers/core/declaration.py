"""What a lab says about a predictor: everything but its weights, checked without torch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from explainers.core.architectures import Architecture, architecture_get
from explainers.core.errors import PredictorRefused
from explainers.core.tokens import check_vocabulary

MAXIMUM_JSON_BYTES = 8 * 1024 * 1024
MAXIMUM_TEMPERATURE = 100.0
OUTCOMES = ("classification", "regression")
OUTPUT_KEYS = {"kind", "unit", "decimals", "temperature", "calibration"}
KINDS = {"tabular": "standardise", "image": "image", "text": "tokens"}
IMAGE_KEYS = {"kind", "height", "width", "mean", "scale", "each"}


@dataclass(frozen=True)
class PredictorSpec:
    """
    Everything about a predictor but its weights.

    Parameters
    ----------
    architecture : str
        Name on the allow-list.
    parameters : Mapping
        Parameters of the architecture.
    features : Sequence of str
        Names of what goes in: the columns of a table, the channels of a picture, or the one text.
    classes : Sequence of str
        Names of the outputs, in their order; one name for a regression.
    preprocessing : Mapping
        Tables: `{"kind": "standardise", "mean": [...], "scale": [...]}` in the units of the features; the mean
        is also the baseline of explanations ("a typical case").
        Pictures: `{"kind": "image", "height", "width", "mean": [...], "scale": [...], "each": false}`, per channel,
        of values from 0 to 1; with `each` every picture is brought to mean 0 and standard deviation 1
        per channel instead, and mean and scale are left out.
        Texts: `{"kind": "tokens", "vocabulary": ["[PAD]", "[UNK]", ...], "lower": true}`.
    output : Mapping
        Empty for a classification, or `{"kind": "regression", "unit": "mmHg", "decimals": 0}`; a
        classification may have a `temperature` by which scores are divided before they become
        probabilities, and the `calibration` that it was fitted with.
    """

    architecture: str
    parameters: Mapping[str, Any]
    features: Sequence[str]
    classes: Sequence[str]
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> Architecture:
        """The registered architecture."""
        return architecture_get(self.architecture)

    @property
    def modality(self) -> str:
        """What the cases are: `tabular`, `image` or `text`."""
        return self.family.modality(self.parameters)

    @property
    def outcome(self) -> str:
        """What comes out: `classification` or `regression`."""
        return str(self.output.get("kind", "classification"))

    @property
    def temperature(self) -> float:
        """The number that scores are divided by before they become probabilities; 1 if it was never fitted."""
        return float(self.output.get("temperature", 1.0))

    def check(self) -> None:
        """
        Check the declaration.

        Raises
        ------
        PredictorRefused
            With one sentence on the first fault.
        """
        if not isinstance(self.parameters, Mapping):
            raise PredictorRefused("The parameters of an architecture are names with values.")
        self.family.shapes(self.parameters)  # refuses wrong parameters
        self._check_output()
        inputs = self.family.inputs(self.parameters)
        wanted = 1 if self.modality == "text" else inputs[0]
        _check_names("features", self.features, count=wanted)
        _check_names("classes", self.classes, count=self.family.outputs(self.parameters))
        if self.outcome == "classification" and len(self.classes) < 2:
            raise PredictorRefused("A predictor needs two classes or more.")
        if self.outcome == "regression" and len(self.classes) != 1:
            raise PredictorRefused("A regression has one output, named by what it predicts.")
        kind = KINDS[self.modality]
        if not isinstance(self.preprocessing, Mapping) or self.preprocessing.get("kind") != kind:
            raise PredictorRefused(f"The preprocessing of {self.modality} cases has the kind {kind}.")
        {"tabular": self._check_table, "image": self._check_image, "text": self._check_text}[self.modality]()

    def _check_output(self) -> None:
        if not isinstance(self.output, Mapping) or not set(self.output) <= OUTPUT_KEYS:
            raise PredictorRefused(f"The output has {', '.join(sorted(OUTPUT_KEYS))} and nothing else.")
        if self.outcome not in OUTCOMES:
            raise PredictorRefused(f"The kind of the output is one of {', '.join(OUTCOMES)}.")
        temperature = self.output.get("temperature", 1.0)
        if (
            isinstance(temperature, bool)
            or not isinstance(temperature, int | float)
            or not 0 < temperature <= MAXIMUM_TEMPERATURE
        ):
            raise PredictorRefused(f"A temperature is a number above 0, at most {MAXIMUM_TEMPERATURE:g}.")
        decimals = self.output.get("decimals", 2)
        if (
            not isinstance(self.output.get("unit", ""), str)
            or type(decimals) is not int
            or not 0 <= decimals <= 12
        ):
            raise PredictorRefused(
                "The unit of the output is a text, its decimals a whole number from 0 to 12."
            )

    def _check_table(self) -> None:
        if set(self.preprocessing) != {"kind", "mean", "scale"}:
            raise PredictorRefused(
                'The preprocessing is {"kind": "standardise", "mean": [...], "scale": [...]}.'
            )
        self._check_numbers("feature")

    def _check_image(self) -> None:
        each = self.preprocessing.get("each", False)
        needed = {"kind", "height", "width"} | (set() if each else {"mean", "scale"})
        if type(each) is not bool or not needed <= set(self.preprocessing) <= needed | {"each"}:
            raise PredictorRefused(
                'The preprocessing of pictures is {"kind": "image", "height", "width", "mean", "scale"}, or '
                '{"kind": "image", "height", "width", "each": true}.'
            )
        _, *size = self.family.inputs(self.parameters)
        for word, fixed in zip(("height", "width"), size, strict=True):
            value = self.preprocessing[word]
            if type(value) is not int or not 1 <= value <= 1024 or (fixed and value != fixed):
                raise PredictorRefused(
                    f"The {word} of the pictures is {f'{fixed}' if fixed else 'a whole number from 1 to 1024'}, "
                    f"not {value!r:.40}."
                )
        if len(self.features) not in (1, 3):
            raise PredictorRefused("Pictures have one channel (grey) or three (red, green, blue).")
        if not each:
            self._check_numbers("channel")

    def _check_text(self) -> None:
        if not {"kind", "vocabulary"} <= set(self.preprocessing) <= {"kind", "vocabulary", "lower"}:
            raise PredictorRefused(
                'The preprocessing of texts is {"kind": "tokens", "vocabulary": [...], "lower": true}.'
            )
        check_vocabulary(self.preprocessing["vocabulary"], size=int(self.parameters["vocabulary"]))
        if type(self.preprocessing.get("lower", True)) is not bool:
            raise PredictorRefused("lower is true or false.")

    def _check_numbers(self, each: str) -> None:
        for word in ("mean", "scale"):
            try:
                values = np.asarray(self.preprocessing[word], dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise PredictorRefused(
                    f"The {word} of the preprocessing is not a list of numbers."
                ) from error
            if values.shape != (len(self.features),) or not np.isfinite(values).all():
                raise PredictorRefused(f"The {word} of the preprocessing needs one finite number per {each}.")
            if word == "scale" and (values <= 0).any():
                raise PredictorRefused("The scale of the preprocessing needs numbers above 0.")

    def to_json(self) -> bytes:
        """
        Write the declaration as the file that travels beside the weights.

        Returns
        -------
        bytes
            JSON, UTF-8.
        """
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PredictorSpec":
        """
        Read a declaration.

        Parameters
        ----------
        data : bytes
            JSON with the names of the parameters of this class.

        Returns
        -------
        PredictorSpec
            A checked one.

        Raises
        ------
        PredictorRefused
            If the bytes are no such declaration.
        """
        if len(data) > MAXIMUM_JSON_BYTES:
            raise PredictorRefused(f"The declaration has {len(data)} bytes; {MAXIMUM_JSON_BYTES} are taken.")
        try:
            content = json.loads(data.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise PredictorRefused(f"The declaration is not valid JSON: {str(error)[:200]}.") from error
        known = {"architecture", "parameters", "features", "classes", "preprocessing", "output"}
        if not isinstance(content, dict) or not known - {"output"} <= set(content) <= known:
            raise PredictorRefused(f"The declaration has {', '.join(sorted(known))} and nothing else.")
        spec = cls(**content)
        spec.check()
        return spec


def _check_names(word: str, names: Any, *, count: int) -> None:
    if (
        not isinstance(names, list | tuple)
        or len(names) != count
        or not all(isinstance(name, str) and 0 < len(name) <= 200 for name in names)
        or len(set(names)) != count
    ):
        raise PredictorRefused(
            f"The predictor needs {count} different {word} with names, not {names!r:.200}."
        )
