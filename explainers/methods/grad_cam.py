"""Grad-CAM: where the last convolutional layer saw what speaks for the class."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from explainers.core.attributor import Attributor, Found, Task
from explainers.core.errors import ExplanationRefused
from explainers.core.gradients import details_of
from explainers.core.hooked import by_chunks
from explainers.core.limits import SPACES, SWITCH, Limit
from explainers.core.target import target_output
from explainers.methods import METHODS

if TYPE_CHECKING:
    import torch


@METHODS.register
class GradCam(Attributor):
    """
    Attribution by the activations of the last convolutional layer, weighted by their mean gradients.

    Definition: L = sum over channels k of (mean over places of df / dA_k) * A_k; with `relu` negative values are set to
    zero, as in the paper; laid over the picture by bilinear interpolation. A is the output of the tap `cam` of the
    architecture.

    Notes
    -----
    Coarse: a layer of 4 x 4 places has 16 values. The values have no unit of the output and do not add up.

    References
    ----------
    .. [1] Selvaraju et al. (2017). Grad-CAM. doi:10.1109/ICCV.2017.74
    """

    name = "grad_cam"
    version = "1"
    label = "Grad-CAM"
    modality = "image"
    parameters: ClassVar[Mapping[str, Any]] = {"target_space": "log_odds", "relu": True}
    limits: ClassVar[Mapping[str, Limit]] = {"target_space": SPACES, "relu": SWITCH}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://doi.org/10.1109/ICCV.2017.74"

    def attribute(self, task: Task) -> Found:
        """
        Attribute the cases.

        Parameters
        ----------
        task : Task
            The cases.

        Returns
        -------
        Found
            `details` name the layer and its size.

        Raises
        ------
        ExplanationRefused
            If the predictor has no convolutional layer.
        """
        import torch
        from torch.nn import functional

        predictor = task.predictor
        layer = predictor.taps.get("cam")
        if layer is None:
            raise ExplanationRefused(
                "Grad-CAM needs a convolutional layer; this predictor has no tap named cam."
            )
        space = str(task.parameters["target_space"])

        def attribute(
            inputs: "torch.Tensor", _baselines: "torch.Tensor", targets: "torch.Tensor"
        ) -> "torch.Tensor":
            kept: list[torch.Tensor] = []
            hook = predictor.module.get_submodule(layer).register_forward_hook(
                lambda _module, _inputs, output: kept.append(output)
            )
            try:
                with torch.enable_grad():
                    scores = predictor.module(inputs)
            finally:
                hook.remove()
            outputs = target_output(scores, targets=targets, space=space)
            (gradients,) = torch.autograd.grad(outputs.sum(), kept[0])
            maps = (gradients.mean(dim=(2, 3), keepdim=True) * kept[0]).sum(dim=1, keepdim=True)
            return maps.detach()

        maps = by_chunks(task, attribute=attribute)
        if task.parameters["relu"]:
            maps = maps.clamp(min=0)
        size = task.surface.shape[1:]
        whole = functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
        details = details_of(task, layer=layer, places=list(maps.shape[2:]))
        return Found(list(whole[:, 0].flatten(1)), task.ends(), details)
