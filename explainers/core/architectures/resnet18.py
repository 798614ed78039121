"""ResNet-18 with the tensor names of torchvision, written so that every ReLU is a module used once."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explainers.core.architectures import ARCHITECTURES, Architecture, parameter_keys, whole_number
from explainers.core.architectures.cnn import norm_shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
MAXIMUM_SIDE = 1024


def _read(parameters: Mapping[str, Any]) -> tuple[int, int]:
    parameter_keys(parameters, name="resnet18", needed={"outputs"}, optional=frozenset({"channels", "size"}))
    channels = whole_number({"channels": 3, **parameters}, "channels", low=1, high=16)
    return channels, whole_number(parameters, "outputs", low=1, high=4096)


def resnet18_size(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    """
    Return what a row is.

    Parameters
    ----------
    parameters : Mapping
        `size`, the side of the square picture, may be left out.

    Returns
    -------
    tuple of int
        (channels, height, width); 0 if the size is free.

    Raises
    ------
    PredictorRefused
        If the size is not a whole number from 32 to 1024.
    """
    channels, _ = _read(parameters)
    side = whole_number(parameters, "size", low=32, high=MAXIMUM_SIDE) if "size" in parameters else 0
    return (channels, side, side)


def resnet18_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor; the names are those of torchvision's resnet18.

    Parameters
    ----------
    parameters : Mapping
        `outputs`; if wanted `channels` (3) and `size` (side in pixels).

    Returns
    -------
    dict
        Tensor name to shape.

    Raises
    ------
    PredictorRefused
        If a parameter is missing, unknown or out of range.

    References
    ----------
    .. [1] He, Zhang, Ren, Sun (2016). Deep residual learning for image recognition.
           doi:10.1109/CVPR.2016.90

    Examples
    --------
    >>> shapes = resnet18_shapes({"outputs": 1000})
    >>> len(shapes), shapes["layer4.1.conv2.weight"]
    (122, (512, 512, 3, 3))
    """
    channels, outputs = _read(parameters)
    resnet18_size(parameters)
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, channels, 7, 7), **norm_shapes("bn1", 64)}
    before = 64
    for number, width in enumerate(WIDTHS, start=1):
        for block in range(2):
            name = f"layer{number}.{block}"
            shapes[f"{name}.conv1.weight"] = (width, before, 3, 3)
            shapes |= norm_shapes(f"{name}.bn1", width)
            shapes[f"{name}.conv2.weight"] = (width, width, 3, 3)
            shapes |= norm_shapes(f"{name}.bn2", width)
            if before != width:
                shapes[f"{name}.downsample.0.weight"] = (width, before, 1, 1)
                shapes |= norm_shapes(f"{name}.downsample.1", width)
            before = width
    return {**shapes, "fc.weight": (outputs, 512), "fc.bias": (outputs,)}


def resnet18_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained ResNet-18.

    Parameters
    ----------
    parameters : Mapping
        As for `resnet18_shapes`.

    Returns
    -------
    torch.nn.Module
        From float32 (n, channels, height, width) to scores (n, outputs). `cam_layer` is `layer4`.
    """
    from torch import nn

    channels, outputs = _read(parameters)
    modules: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False),
        bn1=nn.BatchNorm2d(64),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
    )
    before = 64
    for number, width in enumerate(WIDTHS, start=1):
        stride = 1 if number == 1 else 2
        modules[f"layer{number}"] = nn.Sequential(
            _block(before, width, stride=stride), _block(width, width, stride=1)
        )
        before = width
    modules["avgpool"], modules["flat"] = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    modules["fc"] = nn.Linear(512, outputs)
    network = nn.Sequential(modules)
    network.cam_layer = "layer4"  # type: ignore[assignment]
    return network


def _block(before: int, after: int, *, stride: int) -> "nn.Module":
    from torch import nn

    class BasicBlock(nn.Module):
        """Two convolutions beside a shortcut; each of the two ReLUs is a module of its own."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(after)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(after)
            self.relu2 = nn.ReLU()
            self.downsample: nn.Module = nn.Identity()
            if before != after:
                self.downsample = nn.Sequential(
                    nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after)
                )

        def forward(self, rows: "Tensor") -> "Tensor":
            found = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(rows)))))
            added: Tensor = self.relu2(found + self.downsample(rows))
            return added

    return BasicBlock()


ARCHITECTURES.register(
    Architecture(
        name="resnet18",
        version="1",
        label="ResNet-18",
        reference="He, Zhang, Ren, Sun (2016). doi:10.1109/CVPR.2016.90",
        modality=lambda parameters: "image",
        inputs=resnet18_size,
        outputs=lambda parameters: _read(parameters)[1],
        shapes=resnet18_shapes,
        build=resnet18_build,
        taps=lambda parameters: {"penultimate": "flat", "cam": "layer4"},
    )
)
