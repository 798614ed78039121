"""The quality gate: what is measured of an explanation before people see it, and the light that follows.

It screens out broken explanations. It does not say which of two sound ones helps people: automatic scores correlate
poorly with that (Nguyen et al. 2021), which is why studies are made.
"""

GATE_VERSION = "1"
