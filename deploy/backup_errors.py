"""What backup and restore raise."""


class BackupFailed(RuntimeError):
    """A backup or restore was refused or did not prove right; the message says why and what to do."""
