"""The content-addressed store: bytes go in, their SHA-256 comes out, and every read is verified."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from explainers.core.digest import sha256_hex
from explainers.core.errors import ArtefactCorrupt, ArtefactMissing

DIGEST_LENGTH = 64
HEX_DIGITS = frozenset("0123456789abcdef")
UNFINISHED = ".new"
LONGEST_WRITE_S = 3600.0


class Store:
    """
    A folder of artefacts named by the SHA-256 of their bytes.

    Parameters
    ----------
    root : Path or str
        The folder; it is made at the first write.

    Notes
    -----
    A file is written under a temporary name, flushed to the disk and then renamed, so that a name in the
    store always stands for whole bytes, whatever dies when. Writing the same bytes twice is harmless. What a process
    that was killed has begun stays in a folder of its own until `tidy` removes it.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(tempfile.mkdtemp())
    >>> store.get(store.put(b"bars"))
    b'bars'
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @property
    def unfinished(self) -> Path:
        """The folder of files that are being written, on the same disk, so that a rename puts them in their place."""
        return self.root / UNFINISHED

    def tidy(self, *, older_than_s: float = LONGEST_WRITE_S) -> int:
        """
        Remove what processes that were killed have left half-written.

        Parameters
        ----------
        older_than_s : float
            No write lasts so long; younger files may be somebody's at this moment.

        Returns
        -------
        int
            How many files were removed.

        Examples
        --------
        >>> import tempfile
        >>> store = Store(tempfile.mkdtemp())
        >>> name = store.put(b"bars")
        >>> _ = (store.unfinished / "killed").write_bytes(b"ba")
        >>> store.tidy(), store.tidy(older_than_s=-1), store.get(name)
        (0, 1, b'bars')
        """
        removed = 0
        for path in self.unfinished.glob("*"):
            try:
                if time.time() - path.stat().st_mtime > older_than_s:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:  # finished or removed at this moment
                continue
        return removed

    def path(self, digest: str) -> Path:
        """
        Return where the artefact of a digest lives.

        Parameters
        ----------
        digest : str
            64 hexadecimal digits.

        Returns
        -------
        Path
            `<root>/<first two digits>/<digest>`.

        Raises
        ------
        ArtefactMissing
            If the text is not a SHA-256 in hexadecimal, so that no name can lead out of the folder.
        """
        if len(digest) != DIGEST_LENGTH or not HEX_DIGITS.issuperset(digest):
            raise ArtefactMissing(
                f"{digest[:80]!r} is not the name of an artefact: 64 hexadecimal digits are."
            )
        return self.root / digest[:2] / digest

    def has(self, digest: str) -> bool:
        """
        Say whether the store holds an artefact (without reading it).

        Parameters
        ----------
        digest : str
            64 hexadecimal digits.

        Returns
        -------
        bool
            True if a file of that name is there.
        """
        return self.path(digest).is_file()

    def put(self, data: bytes) -> str:
        """
        Keep some bytes and return their name; they are on the disk when this returns.

        Parameters
        ----------
        data : bytes
            The artefact.

        Returns
        -------
        str
            Its SHA-256. A damaged file of that name is replaced by the good bytes.
        """
        digest = sha256_hex(data)
        path = self.path(digest)
        if path.is_file() and sha256_hex(path.read_bytes()) == digest:
            return digest
        for folder in (path.parent, self.unfinished):
            folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.unfinished)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return digest

    def get(self, digest: str) -> bytes:
        """
        Read an artefact and verify it.

        Parameters
        ----------
        digest : str
            64 hexadecimal digits.

        Returns
        -------
        bytes
            Bytes whose SHA-256 is `digest`.

        Raises
        ------
        ArtefactMissing
            If there is no such file.
        ArtefactCorrupt
            If the bytes on the disk have another SHA-256.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise ArtefactMissing(
                f"The store has no artefact {digest[:12]}…; restore the store from the backup of the database's day."
            ) from error
        if sha256_hex(data) != digest:
            raise ArtefactCorrupt(
                f"The artefact {digest[:12]}… is damaged: its bytes have the SHA-256 {sha256_hex(data)[:12]}…; "
                "restore this file from a backup."
            )
        return data

    def start(self, digest: str, *, length: int = 64) -> bytes:
        """
        Read the first bytes of an artefact, unverified: enough to know the size of a picture.

        Parameters
        ----------
        digest : str
            64 hexadecimal digits.
        length : int
            How many bytes.

        Returns
        -------
        bytes
            At most `length` of them.

        Raises
        ------
        ArtefactMissing
            If there is no such file.
        """
        try:
            with self.path(digest).open("rb") as file:
                return file.read(length)
        except FileNotFoundError as error:
            raise ArtefactMissing(f"The store has no artefact {digest[:12]}….") from error

    def digests(self) -> Iterator[str]:
        """
        Walk over the names of all artefacts, sorted, without reading them.

        Yields
        ------
        str
            The digest of each whole file; unfinished temporary files are left out.
        """
        for path in sorted(self.root.glob("??/*")):
            if len(path.name) == DIGEST_LENGTH:
                yield path.name


def sync_folder(folder: Path) -> None:
    """
    Flush a folder to the disk, so that a rename in it survives a power cut.

    Parameters
    ----------
    folder : Path
        An existing folder; systems that cannot open folders are left as they are.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
