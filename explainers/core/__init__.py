"""The rock of the explanation engine: pure Python, numpy and (inside functions) torch; no Django, no Celery."""
