"""Every test here has a store of its own and the application behind its WSGI door."""

from tests.rehearsal.conftest import fresh_process, wsgi

__all__ = ["fresh_process", "wsgi"]
