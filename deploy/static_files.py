"""Static files under names that carry their digest, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A file that was not collected keeps its plain name: a page without style is better than no page.

    `manage.py check --deploy` (deploy.E012) and the start of the web service say so before a participant can see it.
    """

    support_js_module_import_aggregation = (
        True  # else page.HASH.js imports its modules under names that may change
    )

    def stored_name(self, name: str) -> str:
        """Return the name with the digest, or the plain one."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
