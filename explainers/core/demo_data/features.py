"""The features of the demo's table, for people."""

from dataclasses import dataclass

GREY = "grey levels"


@dataclass(frozen=True)
class DemoFeature:
    """
    One feature of the demo.

    Parameters
    ----------
    name : str
        Column of the case file.
    source : str
        Name in scikit-learn's data.
    label : str
        For people.
    unit : str
        Empty for numbers without unit.
    decimals : int
        Digits after the point.
    meaning : str
        What it is, in a sentence.
    """

    name: str
    source: str
    label: str
    unit: str
    decimals: int
    meaning: str


FEATURES = (
    DemoFeature(
        "texture_mean",
        "mean texture",
        "Texture",
        GREY,
        1,
        "How uneven the nuclei look: standard deviation of the grey values of the image, mean over all nuclei.",
    ),
    DemoFeature(
        "smoothness_mean",
        "mean smoothness",
        "Roughness of outline",
        "",
        3,
        "How much neighbouring radii of a nucleus differ in length, mean over all nuclei. The data call it smoothness; "
        "a higher number is a rougher outline.",
    ),
    DemoFeature(
        "symmetry_mean",
        "mean symmetry",
        "Asymmetry",
        "",
        3,
        "How much the two halves of a nucleus differ, relative to their size, mean over all nuclei. The data call it "
        "symmetry; a higher number is less symmetric.",
    ),
    DemoFeature(
        "fractal_dimension_mean",
        "mean fractal dimension",
        "Raggedness of outline",
        "",
        4,
        "Fractal dimension of the outline minus 1, mean over all nuclei; 0 is a plain line, more is more ragged.",
    ),
    DemoFeature(
        "texture_se",
        "texture error",
        "Texture, standard error",
        GREY,
        2,
        "Standard error of the mean texture: larger where the nuclei of this sample differ more.",
    ),
    DemoFeature(
        "smoothness_se",
        "smoothness error",
        "Roughness, standard error",
        "",
        4,
        "Standard error of the mean roughness: larger where the nuclei of this sample differ more.",
    ),
    DemoFeature(
        "symmetry_se",
        "symmetry error",
        "Asymmetry, standard error",
        "",
        4,
        "Standard error of the mean asymmetry: larger where the nuclei of this sample differ more.",
    ),
)
