"""Made-up apartments with a price that a linear rule explains in part, for studies of people who price them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.predictor import PredictorSpec

APARTMENT_LICENCE = "Synthetic apartments, drawn from a declared rule; CC0"
PRICE = "price"
# name, label, unit, lowest, highest, price of one unit in thousands, what it is
FEATURES = (
    ("rooms", "Bedrooms", "", 0, 4, 45.0, "Number of bedrooms; 0 is a studio."),
    ("bathrooms", "Bathrooms", "", 1, 3, 120.0, "Number of bathrooms."),
    ("area", "Floor area", "m²", 32, 160, 6.5, "Area of all rooms together."),
    ("total_rooms", "Rooms in all", "", 1, 7, 8.0, "Rooms with kitchen and living room."),
    ("days_listed", "Days on the market", "days", 3, 180, -0.12, "How long the apartment has been offered."),
    ("fee", "Maintenance fee", "a month", 300, 2200, -0.14, "What the house asks for each month."),
    ("to_subway", "Way to the subway", "m", 60, 1600, -0.05, "Walking distance."),
    ("to_school", "Way to the school", "m", 80, 1800, -0.03, "Walking distance."),
)
SHOWN_IN_SHORT = ("bathrooms", "area")
BASE = 110.0
NOISE_SD = 160.0
TRUE_AREA_POWER = 1.08


@dataclass(frozen=True)
class Apartments:
    """
    Apartments with what they were sold for.

    Parameters
    ----------
    keys : tuple of str
        Names of the cases.
    values : numpy.ndarray
        float64, (n, 8), in the units of `FEATURES`.
    prices : numpy.ndarray
        float64, (n,), thousands: what the rule and chance made of them.
    unusual : numpy.ndarray
        bool, (n,): whether the configuration is one that hardly occurs (three bathrooms on few square metres); the
        linear predictor is far too high there.
    """

    keys: tuple[str, ...]
    values: NDArray[np.float64]
    prices: NDArray[np.float64]
    unusual: NDArray[np.bool_]


def apartments_draw(*, count: int, unusual: int = 0, seed: int = 41) -> Apartments:
    """
    Draw apartments.

    Definition: area is uniform; rooms and bathrooms follow the area with chance; the price is a linear rule in all
    features, with floor area to the power 1.08 and normal noise of 160 thousand. Unusual ones have three bathrooms in
    less than 60 m² and are worth what one bathroom would be.

    Parameters
    ----------
    count : int
        Ordinary apartments.
    unusual : int
        Unusual ones, added at the end.
    seed : int
        Equal seeds give equal apartments.

    Returns
    -------
    Apartments
        `count + unusual` of them.

    References
    ----------
    .. [1] Poursabzi-Sangdeh et al. (2021). Manipulating and measuring model interpretability, CHI 2021.
           doi:10.1145/3411764.3445315 (the design; their apartments were real ones of New York)

    Examples
    --------
    >>> found = apartments_draw(count=3, unusual=1)
    >>> found.values.shape, found.unusual.tolist()
    ((4, 8), [False, False, False, True])
    """
    rng = np.random.default_rng([seed, count, unusual])
    n, is_unusual = count + unusual, np.arange(count + unusual) >= count
    area = np.where(is_unusual, rng.uniform(34, 58, n), rng.uniform(36, 150, n)).round()
    rooms = np.clip(np.round(area / 36 - 0.6 + rng.normal(0, 0.5, n)), 0, 4)
    bathrooms = np.where(is_unusual, 3, np.clip(np.round(area / 62 + rng.normal(0, 0.35, n)), 1, 3))
    columns = [
        rooms,
        bathrooms,
        area,
        np.clip(rooms + 2 + rng.integers(-1, 2, n), 1, 7),
        rng.integers(3, 181, n),
        np.clip((8.5 * area + rng.normal(0, 180, n)).round(-1), 300, 2200),
        rng.integers(6, 161, n) * 10,
        rng.integers(8, 181, n) * 10,
    ]
    values = np.stack([column.astype(np.float64) for column in columns], axis=1)
    worth = values.copy()
    worth[is_unusual, 1] = 1
    worth[:, 2] = worth[:, 2] ** TRUE_AREA_POWER
    prices = BASE + worth @ coefficients() + rng.normal(0, NOISE_SD, n)
    keys = tuple(f"apartment-{number:03d}" for number in range(1, n + 1))
    return Apartments(keys, values, np.maximum(prices, 60).round(), is_unusual)


def coefficients() -> NDArray[np.float64]:
    """
    Return the price of one unit of each feature.

    Returns
    -------
    numpy.ndarray
        (8,), thousands per unit.
    """
    return np.array([feature[5] for feature in FEATURES])


def apartment_schema() -> dict[str, Any]:
    """
    Describe the features for people.

    Returns
    -------
    dict
        The schema of a table.
    """
    return {
        "features": [
            {
                "name": name,
                "label": label,
                "unit": unit,
                "low": low,
                "high": high,
                "decimals": 0,
                "meaning": meaning,
            }
            for name, label, unit, low, high, _, meaning in FEATURES
        ]
    }


def apartment_predictor(apartments: Apartments, *, short: bool = False) -> tuple[PredictorSpec, bytes]:
    """
    Fit the linear predictor by least squares.

    Parameters
    ----------
    apartments : Apartments
        What it is fitted to.
    short : bool
        Whether only bathrooms and area count (the others have the weight 0), as in the conditions with two features.

    Returns
    -------
    tuple
        Declaration of a regression without hidden layer, and safetensors bytes.
    """
    from safetensors.numpy import save

    names = [feature[0] for feature in FEATURES]
    used = [name in SHOWN_IN_SHORT or not short for name in names]
    mean, scale = apartments.values.mean(axis=0), apartments.values.std(axis=0)
    rows = ((apartments.values - mean) / scale) * used
    design = np.column_stack([rows[:, used], np.ones(len(rows))])
    fitted, *_ = np.linalg.lstsq(design, apartments.prices, rcond=None)
    weight = np.zeros((1, len(names)))
    weight[0, used] = fitted[:-1]
    spec = PredictorSpec(
        architecture="mlp",
        parameters={"inputs": len(names), "hidden": [], "outputs": 1},
        features=names,
        classes=[PRICE],
        preprocessing={"kind": "standardise", "mean": mean.tolist(), "scale": scale.tolist()},
        output={"kind": "regression", "unit": "thousand", "decimals": 0},
    )
    return spec, save({"out.weight": weight.astype(np.float32), "out.bias": fitted[-1:].astype(np.float32)})
