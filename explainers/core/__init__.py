"""The rock of the explanation engine: pure Python, numpy and (inside functions) torch; no Django, no Celery."""

import os

# Without it MKL rounds a row of a narrow matrix product by its place in the product (seen on processors with AVX-512),
# and what a case gets would depend on its company. MKL reads it once, at its first product.
os.environ.setdefault("MKL_CBWR", "AVX2")
