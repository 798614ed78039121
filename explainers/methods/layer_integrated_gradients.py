"""Integrated Gradients for texts: along the line from padding to the text, in the space of the embeddings."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.limits import Choice, Limit
from explainers.methods import METHODS
from explainers.methods.integrated_gradients import IntegratedGradients


@METHODS.register
class LayerIntegratedGradients(IntegratedGradients):
    """
    Attribution of words by Integrated Gradients at the embedding layer.

    Definition: as Integrated Gradients, where x are the embedded tokens and the baseline x0 has the
    embedding of the padding token in the place of every token of the text. Which places hold text (the mask of
    the attention) and the positions stay as they are. The attribution of a word is the sum over its tokens and over
    the dimensions of the embedding.

    Notes
    -----
    Token numbers have no gradient; the embeddings are where the path can be walked. A word "pushes" compared
    with nothing at its place, not compared with another word.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017). Axiomatic attribution for deep networks. arXiv:1703.01365
    .. [2] Kokhlikyan et al. (2020). Captum. arXiv:2009.07896
    """

    name = "layer_integrated_gradients"
    version = "1"
    label = "Integrated Gradients of words"
    modality = "text"
    parameters: ClassVar[Mapping[str, Any]] = {**IntegratedGradients.parameters, "baseline": "padding"}
    limits: ClassVar[Mapping[str, Limit]] = {**IntegratedGradients.limits, "baseline": Choice("padding")}
