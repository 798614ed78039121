"""How many explanations a second a GPU gives: ResNet-18 at 224 px, Integrated Gradients of 50 steps.

`make bench-explainers-gpu` needs a GPU and says so where there is none. For TF32 and bf16 it prints the rate of the row
pool from pinned host memory to host memory, that of Captum case by case in the same class of numbers, their ratio, the
largest relative error against fp32 on the same GPU, and whether a case gets the same bytes in any company. Goals (from
estimates): 250 a second in TF32, 500 in bf16 on an H200-class card, and three times the loop.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

from explainers.core.gradients import path_gradients
from explainers.core.numerics import Numerics, numerics_of, on_device
from explainers.core.pool import Pool, rows_for

STEPS, CASES, TURNS, LOOPED = 50, 256, 5, 16
GOALS = {"tf32": 250.0, "bf16": 500.0}
GOAL_LOOP = 3.0


def build(device: str) -> torch.nn.Module:
    """ResNet-18 with two outputs, weights drawn with seed 0."""
    from explainers.core.architectures import architecture_get

    torch.manual_seed(0)
    return architecture_get("resnet18").build({"outputs": 2}).eval().requires_grad_(False).to(device)


def ours(module: torch.nn.Module, host: torch.Tensor, targets: torch.Tensor, *, device: str) -> torch.Tensor:
    """From host memory to host memory."""
    inputs = on_device(host, device)
    pool = Pool(
        score=lambda rows, _: module(rows).float(),
        space="score",
        rows=rows_for(tuple(inputs.shape[1:]), device=inputs.device.type),
    )
    found = path_gradients(
        pool, inputs=inputs, baseline=torch.zeros_like(inputs), targets=targets.to(inputs.device), steps=STEPS
    )
    return found.cpu()


def looped(
    module: torch.nn.Module, host: torch.Tensor, targets: torch.Tensor, *, device: str
) -> torch.Tensor:
    """Captum, case by case."""
    from captum.attr import IntegratedGradients

    captum = IntegratedGradients(module)
    found = [
        captum.attribute(host[n : n + 1].to(device), target=int(targets[n]), n_steps=STEPS).cpu()
        for n in range(len(host))
    ]
    return torch.cat(found)


def rate(call: Callable[[], torch.Tensor], *, count: int, device: str) -> float:
    """Explanations a second by the clock: median of the turns, after one that warms up."""
    call()
    rates = []
    for _ in range(TURNS):
        begin = time.perf_counter()
        call()
        if device == "cuda":
            torch.cuda.synchronize()
        rates.append(count / (time.perf_counter() - begin))
    return statistics.median(rates)


def measure(numerics: Numerics, *, cases: int = CASES, size: int = 224) -> list[str]:
    """Print one class of numbers and return what is wrong with it."""
    device = numerics.torch_device
    module = build(device)
    host = torch.randn(cases, 3, size, size, generator=torch.Generator().manual_seed(1))
    with numerics_of(f"fp32-{numerics.device}").running(), torch.no_grad():
        targets = torch.cat([module(part.to(device)).argmax(dim=1).cpu() for part in host.split(32)])
        exact = ours(module, host[:4], targets[:4], device=device)
    few = min(LOOPED, cases)
    with numerics.running():
        own = rate(lambda: ours(module, host, targets, device=device), count=cases, device=device)
        loop = rate(
            lambda: looped(module, host[:few], targets[:few], device=device), count=few, device=device
        )
        found = ours(module, host, targets, device=device)
        alone = ours(module, host[2:3], targets[2:3], device=device)
    error = ((found[:4] - exact).abs().flatten(1).amax(1) / exact.abs().flatten(1).amax(1)).max().item()
    print(
        f"{numerics.name}: {own:.1f} explanations a second, Captum case by case {loop:.1f}, ratio {own / loop:.1f}, "
        f"largest error against fp32 {error:.1e} of the largest value",
        flush=True,
    )
    faults = [] if torch.equal(found[2:3], alone) else ["a case depends on its company"]
    faults += [f"below {goal} a second"] if own < (goal := GOALS.get(numerics.precision, 0.0)) else []
    return faults + ([f"below {GOAL_LOOP} times the loop"] if own < GOAL_LOOP * loop else [])


def main() -> int:
    """Measure every class, or say that there is no GPU."""
    if not torch.cuda.is_available():
        print(
            "There is no GPU here, so nothing was measured: run make bench-explainers-gpu on a machine with "
            "an NVIDIA card and the CUDA build of PyTorch.",
            file=sys.stderr,
        )
        return 1
    architecture = "sm{}{}".format(*torch.cuda.get_device_capability())
    print(f"{torch.cuda.get_device_name()}, {architecture}, torch {torch.__version__}")
    wrong = False
    for precision in GOALS:
        for fault in measure(numerics_of(f"{precision}-cuda-{architecture}")):
            wrong = True
            print(f"  {fault}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
