"""Private servers for tests: real PostgreSQL, real Redis or Valkey, the real application under gunicorn."""
