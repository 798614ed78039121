"""How many explanations a second: our engine against Captum, in one run, on one thread, if the numbers are right.

`make bench-explainers` measures, in CPU seconds and with warm code, from tensors in memory to attributions in memory:

- R1: ours over Captum in a loop over cases, as its documentation shows it (`perturbations_per_eval` and
  `internal_batch_size` at their defaults, the same number of steps or samples);
- R2: ours over the best Captum call that a careful hand makes: the fastest of a grid of batch sizes,
  `internal_batch_size` and `perturbations_per_eval`, which is printed.

Ours and the best of Captum take turns, so that a busy machine slows both; a ratio is the median over the turns. A line
counts only if it is valid: deterministic methods within 1e-4 of Captum, sampled ones no farther from the exact answer
than Captum at equal samples, and the same bytes for a case alone and in company. Exit status 1 if a line is not valid
or below its goal.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from explainers.core.coalitions import Design, exact_design, kernel_design
from explainers.core.gradients import expected_gradients, path_gradients
from explainers.core.pool import Pool, rows_for
from explainers.methods.gradient_shap import stratified

TURNS = int(os.environ.get("TURNS", "5"))
LEAST_S = 0.4
Attribute = Callable[[torch.Tensor, torch.Tensor], Any]


@dataclass
class Line:
    """One method on one network: ours, Captum case by case, Captum by hand, goals and proof."""

    name: str
    inputs: torch.Tensor
    targets: torch.Tensor
    ours: Attribute
    looped: Attribute
    grid: dict[str, Attribute]
    proof: Callable[[], list[str]]
    goal_best: float
    goal_loop: float | None
    loop_cases: int = 32
    grid_cases: int | None = None
    rates: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def measure(self) -> None:
        """Find the fastest Captum call, then let it and ours take turns."""
        for name, call in self.grid.items():
            self.rates[name] = self.rate(call, cases=self.grid_cases, least=LEAST_S / 4)
        best = max(self.rates, key=self.rates.__getitem__)
        rates: dict[str, list[float]] = {"ours": [], "best": [], "loop": []}
        for _ in range(TURNS):
            rates["ours"].append(self.rate(self.ours))
            rates["best"].append(self.rate(self.grid[best], cases=self.grid_cases))
            rates["loop"].append(self.rate(self.looped, cases=self.loop_cases, warm=False))
        pairs = list(zip(*rates.values(), strict=True))
        own, hand, loop = (statistics.median(each) for each in rates.values())
        self.best_ratio = statistics.median(ours / theirs for ours, theirs, _ in pairs)
        self.loop_ratio = statistics.median(ours / theirs for ours, _, theirs in pairs)
        self.summary = f"{own:10.1f} {hand:10.1f} {loop:10.1f}   {best}"
        self.faults += self.proof()
        if self.best_ratio < self.goal_best:
            self.faults.append(f"R2 is below {self.goal_best}")
        if self.goal_loop is not None and self.loop_ratio < self.goal_loop:
            self.faults.append(f"R1 is below {self.goal_loop}")

    def rate(
        self, call: Attribute, *, cases: int | None = None, least: float = LEAST_S, warm: bool = True
    ) -> float:
        """Explanations per CPU second."""
        inputs, targets = self.inputs[:cases], self.targets[:cases]
        if warm:
            call(inputs, targets)
        begin, done = time.process_time(), 0
        while done == 0 or time.process_time() - begin < least:
            call(inputs, targets)
            done += len(inputs)
        return done / (time.process_time() - begin)

    def report(self) -> str:
        """One line for people."""
        verdict = "ok" if not self.faults else "; ".join(self.faults)
        return f"{self.name:26} {self.summary:62} R2 {self.best_ratio:7.2f}  R1 {self.loop_ratio:8.2f}  {verdict}"


def in_batches(call: Attribute, size: int) -> Attribute:
    """A call on so many cases at a time."""

    def batched(inputs: torch.Tensor, targets: torch.Tensor) -> Any:
        parts = range(0, len(inputs), size)
        return torch.cat([call(inputs[at : at + size], targets[at : at + size]).detach() for at in parts])

    return batched


def network(features: int) -> torch.nn.Module:
    """The network of EXPLAINERS.md section 10: features-64-64-2, weights drawn with seed 0."""
    torch.manual_seed(0)
    layers = [
        torch.nn.Linear(features, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, 2),
    ]
    return torch.nn.Sequential(*layers).eval().requires_grad_(False)


def pool_of(module: torch.nn.Module, inputs: torch.Tensor) -> Pool:
    """The row pool over a network, with the raw score as target, as Captum takes it."""
    return Pool(score=lambda rows, _: module(rows), space="score", rows=rows_for(tuple(inputs.shape[1:])))


def cases(features: int, count: int, module: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """Standard normal cases and the class that the network advises."""
    inputs = torch.randn(count, features, generator=torch.Generator().manual_seed(1))
    return inputs, module(inputs).argmax(dim=1)


def same_alone(ours: Attribute, inputs: torch.Tensor, targets: torch.Tensor) -> list[str]:
    """Whether a case gets the same bytes alone, in a few and in all."""
    whole = ours(inputs, targets)
    for some in ([3], [len(inputs) - 1, 0, 1], list(range(len(inputs)))[::-1]):
        if not torch.equal(ours(inputs[some], targets[some]), whole[some]):
            return ["a case depends on its company"]
    return []


def agrees(ours: Attribute, theirs: Attribute, inputs: torch.Tensor, targets: torch.Tensor) -> list[str]:
    """Whether a deterministic method is within 1e-4 of Captum, case by case, in fp32."""
    known = (
        torch.cat([theirs(inputs[at : at + 1], targets[at : at + 1]) for at in range(len(inputs))])
        .detach()
        .double()
    )
    found = ours(inputs, targets).double()
    error = ((found - known).flatten(1).abs().amax(1) / known.flatten(1).abs().amax(1)).max().item()
    return [] if error <= 1e-4 else [f"differs from Captum by {error:.1e}"]


def integrated_gradients(
    module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, *, name: str, sizes: list[int],
    batches: list[int], goal_best: float, goal_loop: float | None, loop_cases: int = 32,
) -> Line:  # fmt: skip
    """Integrated Gradients with 50 steps."""
    from captum.attr import IntegratedGradients

    captum = IntegratedGradients(module)

    def ours(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        return path_gradients(
            pool_of(module, rows), inputs=rows, baseline=torch.zeros_like(rows), targets=columns, steps=50
        )

    def theirs(rows: torch.Tensor, columns: torch.Tensor, size: int | None = None) -> torch.Tensor:
        found: torch.Tensor = captum.attribute(rows, target=columns, n_steps=50, internal_batch_size=size)
        return found

    grid = {
        f"batch {batch}, internal_batch_size {size}": in_batches(
            lambda rows, columns, size=size: theirs(rows, columns, size), batch
        )
        for batch in batches
        for size in [None, *sizes]
    }
    return Line(
        name, inputs, targets, ours, in_batches(theirs, 1), grid,
        lambda: agrees(ours, theirs, inputs[:64], targets[:64]) + same_alone(ours, inputs[:70], targets[:70]),
        goal_best, goal_loop, loop_cases,
    )  # fmt: skip


def gradient_shap(samples: int = 50) -> Line:
    """GradientSHAP with 50 samples, baselines from a normal cloud."""
    from captum.attr import GradientShap

    module = network(30)
    inputs, targets = cases(30, 256, module)
    captum = GradientShap(module)
    cloud = torch.randn(1000, 30, generator=torch.Generator().manual_seed(2))

    def with_seed(seed: int) -> Attribute:
        def ours(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
            half = torch.randn(samples // 2, 30, generator=torch.Generator().manual_seed(seed))
            drawn = torch.stack([half, -half], dim=1).flatten(0, 1)
            return expected_gradients(
                pool_of(module, rows), inputs=rows, baselines=drawn,
                alphas=stratified(samples, design=str(seed)).to(rows), noise=None, targets=columns,
            )  # fmt: skip

        return ours

    def theirs(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = captum.attribute(rows, cloud, n_samples=samples, target=columns)
        return found

    def proof() -> list[str]:
        some, columns = inputs[:32], targets[:32]
        truth = torch.stack([
            expected_gradients(
                pool_of(module, some), inputs=some, baselines=torch.randn(4000, 30, generator=g),
                alphas=torch.rand(4000, generator=g), noise=None, targets=columns,
            )
            for g in [torch.Generator().manual_seed(seed) for seed in range(10, 30)]
        ]).mean(0)  # fmt: skip
        errors = [
            statistics.mean(float((call(some, columns) - truth).abs().mean()) for call in calls)
            for calls in ([with_seed(seed) for seed in range(8)], [theirs] * 8)
        ]
        wrong = [] if errors[0] <= errors[1] else [f"error {errors[0]:.3f}, Captum's is {errors[1]:.3f}"]
        return wrong + same_alone(with_seed(0), inputs, targets)

    grid = {f"batch {size}": in_batches(theirs, size) for size in (1, 4, 16, 32, 64, 128, 256)}
    return Line(
        "MLP30 GradientSHAP 50",
        inputs,
        targets,
        with_seed(0),
        in_batches(theirs, 1),
        grid,
        proof,
        7.0,
        12.0,
        64,
    )


def coalition_attributions(module: torch.nn.Module, design: Design) -> Attribute:
    """Ours: outputs of all coalitions, then one linear map."""
    kept, linear = torch.from_numpy(design.kept), torch.from_numpy(design.linear)

    def ours(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        values = pool_of(module, rows).values(
            lambda some, part: torch.where(kept[None, part], rows[some, None], rows.new_zeros(())),
            targets=columns, shape=tuple(rows.shape[1:]), per_case=len(kept),
        )  # fmt: skip
        gains = values - values[:, -1:]
        return torch.stack([linear @ gain for gain in gains])

    return ours


def kernel_shap(samples: int = 200) -> Line:
    """KernelSHAP with 200 samples; its error is judged on ten features, where all coalitions can be asked for."""
    from captum.attr import KernelShap

    module = network(30)
    inputs, targets = cases(30, 256, module)

    def theirs_on(net: torch.nn.Module, at_once: int) -> Attribute:
        captum = KernelShap(net)

        def theirs(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = captum.attribute(
                rows, target=columns, n_samples=samples, perturbations_per_eval=at_once
            )
            return found

        return theirs

    def proof() -> list[str]:
        small = network(10)
        rows, columns = cases(10, 20, small)
        exact = coalition_attributions(small, exact_design(10))(rows, columns)
        own = [
            coalition_attributions(small, kernel_design(10, samples=samples, seed=str(n))) for n in range(5)
        ]
        errors = [
            statistics.mean(float((call(rows, columns) - exact).abs().mean()) for call in calls)
            for calls in (own, [theirs_on(small, samples)] * 2)
        ]
        wrong = [] if errors[0] <= errors[1] else [f"error {errors[0]:.3f}, Captum's is {errors[1]:.3f}"]
        return wrong + same_alone(ours, inputs, targets)

    ours = coalition_attributions(module, kernel_design(30, samples=samples, seed="bench"))
    grid = {
        f"batch {batch}, perturbations_per_eval {ppe}": in_batches(theirs_on(module, ppe), batch)
        for batch in (1, 32)
        for ppe in (1, 4, 16, 50, 100, 200)
    }
    one_by_one = in_batches(theirs_on(module, 1), 1)
    # Captum goes through cases one by one whatever it is given, so 32 cases show its rate.
    return Line(
        "MLP30 KernelSHAP 200",
        inputs,
        targets,
        ours,
        one_by_one,
        grid,
        proof,
        100.0,
        250.0,
        16,
        grid_cases=32,
    )


def resnet() -> Line:
    """Integrated Gradients of ResNet-18 at 64 pixels, where the network itself takes nearly all of the time."""
    from explainers.core.architectures import architecture_get

    torch.manual_seed(0)
    module = architecture_get("resnet18").build({"outputs": 2}).eval().requires_grad_(False)
    inputs = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    targets = module(inputs).argmax(dim=1)
    return integrated_gradients(
        module, inputs, targets, name="ResNet-18 at 64 px, IG 50", sizes=[16, 25, 50, 64, 100], batches=[1, 4],
        goal_best=0.95, goal_loop=None, loop_cases=2,
    )  # fmt: skip


def main() -> int:
    """Measure every line and say which count."""
    print(f"{'explanations per CPU second':30} ours   best Captum   Captum case by case")
    torch.set_num_threads(1)
    module = network(30)
    inputs, targets = cases(30, 256, module)
    sizes = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
    lines = [
        integrated_gradients(
            module, inputs, targets, name="MLP30 IG 50", sizes=sizes, batches=[16, 64, 256],
            goal_best=5.0, goal_loop=25.0,
        ),
        gradient_shap(),
        kernel_shap(),
        resnet(),
    ]  # fmt: skip
    for line in lines:
        line.measure()
        print(line.report(), flush=True)
        print(
            "  Captum's grid:",
            "; ".join(f"{name}: {rate:.1f}" for name, rate in line.rates.items()),
            flush=True,
        )
    return int(any(line.faults for line in lines))


if __name__ == "__main__":
    sys.exit(main())
