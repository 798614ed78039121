"""Reading a stranger's zip archive or .npz in memory: nothing is unpacked to a disk, nothing larger than the limits."""

import ast
import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.errors import CaseSetRefused

MAXIMUM_ARCHIVE_BYTES = 200_000_000
MAXIMUM_UNPACKED_BYTES = 400_000_000
MAXIMUM_ENTRIES = 20_000
LONGEST_NAME = 255
ENCRYPTED = 0x1
BLOCK = 1 << 20
END_OF_DIRECTORY = b"PK\x05\x06"
LONGEST_HEADER = 10_000
NPY_MAGIC = b"\x93NUMPY"


def archive_read(
    data: bytes, *, unpacked: int = MAXIMUM_UNPACKED_BYTES, entries: int = MAXIMUM_ENTRIES
) -> dict[str, bytes]:
    """
    Read all files of a zip archive.

    Parameters
    ----------
    data : bytes
        The archive.
    unpacked : int
        Bytes that all its files together may have, counted while they are read.
    entries : int
        Files that it may have.

    Returns
    -------
    dict
        Name (with `/` between folders) to content; folders are left out.

    Raises
    ------
    CaseSetRefused
        If it is no zip archive, has names that lead out of it, links, names that clash, encrypted or
        damaged files, or more than the limits allow.

    Examples
    --------
    >>> archive_read(b"MZ")
    Traceback (most recent call last):
    explainers.core.errors.CaseSetRefused: This is not a zip archive.
    """
    if not data.startswith((b"PK\x03\x04", END_OF_DIRECTORY)):
        raise CaseSetRefused("This is not a zip archive.")
    if len(data) > MAXIMUM_ARCHIVE_BYTES:
        raise CaseSetRefused(f"The archive has {len(data)} bytes; at most {MAXIMUM_ARCHIVE_BYTES} are taken.")
    _check_count(data, entries=entries)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check_infos(archive.infolist(), entries=entries)
            result: dict[str, bytes] = {}
            left = unpacked
            for info in infos:
                result[info.filename] = _read_entry(archive, info, left=left)
                left -= len(result[info.filename])
            return result
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, UnicodeDecodeError) as error:
        raise CaseSetRefused(f"The archive is damaged: {str(error)[:120]}.") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise CaseSetRefused(f"The archive cannot be read: {str(error)[:120]}.") from error


def folder_read(
    folder: Path, *, unpacked: int = MAXIMUM_UNPACKED_BYTES, entries: int = MAXIMUM_ENTRIES
) -> dict[str, bytes]:
    """
    Read all files of a folder, as `archive_read` reads those of an archive.

    Parameters
    ----------
    folder : pathlib.Path
        With its sub-folders; names that begin with a dot are left out, links are refused.
    unpacked : int
        Bytes that all its files together may have.
    entries : int
        Files that it may have.

    Returns
    -------
    dict
        Name below the folder (with `/` between folders) to content.

    Raises
    ------
    CaseSetRefused
        If it holds a link or more than the limits allow, or a file cannot be read.

    Examples
    --------
    >>> folder_read(Path("/no/such/folder"))
    {}
    """
    found: dict[str, bytes] = {}
    left = unpacked
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        if path.is_symlink():
            raise CaseSetRefused(f"{name!r:.80} in the folder is a link.")
        if not path.is_file():
            continue
        if len(found) == entries:
            raise CaseSetRefused(f"The folder holds more than {entries} files.")
        try:
            with path.open("rb") as file:
                found[name] = file.read(left + 1)
        except OSError as error:
            raise CaseSetRefused(f"{name!r:.80} in the folder cannot be read: {error.strerror}.") from error
        left -= len(found[name])
        if left < 0:
            raise CaseSetRefused(f"The files of the folder have more than {unpacked} bytes together.")
    return found


def _check_count(data: bytes, *, entries: int) -> None:
    place = data.rfind(END_OF_DIRECTORY)
    if place >= 0 and len(data) >= place + 12:
        (count,) = struct.unpack("<H", data[place + 10 : place + 12])
        if count > entries or count == 0xFFFF:
            raise CaseSetRefused(f"The archive has more than {entries} files.")


def _check_infos(infos: list[zipfile.ZipInfo], *, entries: int) -> None:
    if len(infos) > entries:
        raise CaseSetRefused(f"The archive has {len(infos)} files; at most {entries} are taken.")
    seen: dict[str, str] = {}
    for info in infos:
        fault = _name_fault(info) or _kind_fault(info)
        if fault:
            raise CaseSetRefused(f"The archive was not taken: {fault}.")
        folded = unicodedata.normalize("NFC", info.filename).casefold().rstrip("/")
        if folded in seen:
            raise CaseSetRefused(
                f"The archive has two files of one name: {seen[folded]!r:.80} and {info.filename!r:.80}."
            )
        seen[folded] = info.filename


def _name_fault(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    if "\x00" in name or "\\" in name or ":" in name:
        return f"the name {name!r:.80} has a character that names of files cannot have"
    if not 0 < len(name) <= LONGEST_NAME:
        return f"a name has {len(name)} characters, at most {LONGEST_NAME} are taken"
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return f"the name {name!r:.80} leads out of the archive"
    if "\ufffd" in name or any(unicodedata.category(character) == "Cc" for character in name):
        return f"the name {name!r:.80} is not written in UTF-8"
    return ""


def _kind_fault(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"{info.filename!r:.80} is a link or a device, not a file"
    if info.flag_bits & ENCRYPTED:
        return f"{info.filename!r:.80} is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{info.filename!r:.80} is packed in a way that is not read (deflate is)"
    return ""


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, left: int) -> bytes:
    parts = []
    with archive.open(info) as file:
        while part := file.read(BLOCK):
            left -= len(part)
            if left < 0:
                raise CaseSetRefused("The archive unpacks to more bytes than are taken.")
            parts.append(part)
    return b"".join(parts)


def npz_read(data: bytes, *, unpacked: int = MAXIMUM_UNPACKED_BYTES) -> dict[str, NDArray[Any]]:
    """
    Read the arrays of an .npz file; arrays of objects, which are pickles, are refused unopened.

    Parameters
    ----------
    data : bytes
        The file.
    unpacked : int
        Bytes that all arrays together may have.

    Returns
    -------
    dict
        Name to array of numbers, truth values or texts.

    Raises
    ------
    CaseSetRefused
        If it is no such file.
    """
    arrays = {}
    for name, content in archive_read(data, unpacked=unpacked).items():
        if not name.endswith(".npy"):
            raise CaseSetRefused(f"The .npz file holds {name!r:.80}, which is no array.")
        arrays[name.removesuffix(".npy")] = npy_read(content, name=name)
    return arrays


def npy_read(data: bytes, *, name: str) -> NDArray[Any]:
    """
    Read one .npy array without NumPy's own reader of objects.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        For messages.

    Returns
    -------
    numpy.ndarray
        Of numbers, truth values or texts.

    Raises
    ------
    CaseSetRefused
        If it is no such array, holds objects, or is longer or shorter than it says.
    """
    if not data.startswith(NPY_MAGIC) or len(data) < 12 or data[6] not in (1, 2, 3):
        raise CaseSetRefused(f"{name!r:.80} is not a NumPy array.")
    begin = 10 if data[6] == 1 else 12
    end = begin + int.from_bytes(data[8:begin], "little")
    try:
        if end > min(len(data), LONGEST_HEADER):
            raise ValueError("its header is cut")
        header = ast.literal_eval(data[begin:end].decode("utf-8"))
        if set(header) != {"descr", "fortran_order", "shape"} or not isinstance(header["descr"], str):
            raise ValueError("it holds records")
        kind, shape = np.dtype(header["descr"]), tuple(header["shape"])
        if kind.kind not in "biufU" or any(type(side) is not int or side < 0 for side in shape):
            raise ValueError("it holds objects or something else that is neither number nor text")
        if int(np.prod(shape, dtype=object)) * kind.itemsize != len(data) - end:
            raise ValueError("it has another number of values than it says")
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise CaseSetRefused(f"The array {name!r:.80} was not read: {str(error)[:120]}.") from error
    order: Any = "F" if header["fortran_order"] else "C"
    return np.frombuffer(data, dtype=kind, offset=end).reshape(shape, order=order)
