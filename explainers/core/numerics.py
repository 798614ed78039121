"""In which class of numbers and on which class of device an explanation is computed; it is part of every recipe."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    import torch

_NAME = re.compile(r"(fp32|tf32|bf16)-(cpu|cuda-sm[0-9]{2,3})")


@dataclass(frozen=True)
class Numerics:
    """
    A class of numbers on a class of device; results are equal to the byte within one class and nowhere promised beyond.

    Parameters
    ----------
    precision : str
        `fp32`; `tf32` (products of 10 bits on tensor cores, only on a GPU); `bf16` (by request: for pooled maps only).
    device : str
        `cpu`, or `cuda-sm90` with the architecture of the GPU.
    """

    precision: str
    device: str

    @property
    def name(self) -> str:
        """As recipes and keys of jobs have it."""
        return f"{self.precision}-{self.device}"

    @property
    def is_cuda(self) -> bool:
        """Whether a GPU is needed."""
        return self.device != "cpu"

    @property
    def torch_device(self) -> str:
        """What torch calls the device."""
        return "cuda" if self.is_cuda else "cpu"

    def check(self) -> None:
        """
        Hold the class against this machine.

        Raises
        ------
        ExplanationRefused
            If there is no GPU, or one of another architecture.
        """
        if not self.is_cuda:
            return
        import torch

        if not torch.cuda.is_available():
            raise ExplanationRefused(
                f"{self.name} was asked for, and this machine has no GPU that torch can use."
            )
        major, minor = torch.cuda.get_device_capability()
        if self.device != f"cuda-sm{major}{minor}":
            raise ExplanationRefused(
                f"{self.name} was asked for, and the GPU of this machine is sm{major}{minor}."
            )

    @contextmanager
    def running(self) -> Iterator[None]:
        """
        Compute in this class within the block.

        Yields
        ------
        None
            Former settings of torch come back afterwards.
        """
        import torch

        products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
        before = (
            products.allow_tf32,
            convolutions.allow_tf32,
            convolutions.benchmark,
            convolutions.deterministic,
        )
        products.allow_tf32 = convolutions.allow_tf32 = self.precision == "tf32"
        # The fastest of several kernels is not the same one on every day; equal bytes come first.
        convolutions.benchmark, convolutions.deterministic = False, True
        try:
            with torch.autocast(self.torch_device, torch.bfloat16, enabled=self.precision == "bf16"):
                yield
        finally:
            (
                products.allow_tf32,
                convolutions.allow_tf32,
                convolutions.benchmark,
                convolutions.deterministic,
            ) = before


CPU = Numerics("fp32", "cpu")


def numerics_of(name: str) -> Numerics:
    """
    Return the class of a name.

    Parameters
    ----------
    name : str
        Such as `fp32-cpu`, `bf16-cpu`, `tf32-cuda-sm90`.

    Returns
    -------
    Numerics
        The class.

    Raises
    ------
    ExplanationRefused
        If there is no such class.

    Examples
    --------
    >>> numerics_of("tf32-cuda-sm90").torch_device
    'cuda'
    """
    found = _NAME.fullmatch(name)
    if found is None or found.groups() == ("tf32", "cpu"):
        raise ExplanationRefused(
            f"There are no numerics {name!r:.40}; there are fp32-cpu, bf16-cpu, and fp32, tf32 or bf16 with -cuda-smNN."
        )
    return Numerics(*found.groups())


def on_device(inputs: "torch.Tensor", device: "torch.device | str") -> "torch.Tensor":
    """
    Bring a tensor to a device; to a GPU from pinned memory, so that the copy runs beside the work.

    Parameters
    ----------
    inputs : torch.Tensor
        Any.
    device : torch.device or str
        Where to.

    Returns
    -------
    torch.Tensor
        The same tensor if it is there already.
    """
    import torch

    if torch.device(device).type == "cuda" and not inputs.is_cuda:
        return inputs.pin_memory().to(device, non_blocking=True)
    return inputs.to(device)
