"""Compiles the words of the pages (``django.po``) to what Django reads (``django.mo``): ``python -m deploy.catalogs``.

Both are committed, so that neither setup nor running needs the gettext programs; a test holds them together.
"""

from __future__ import annotations

import ast
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAGIC = 0x950412DE


def catalog_read(text: str) -> dict[str, str]:
    """Return msgid to msgstr of a .po file without contexts and plurals; the header stands under ''."""
    found: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    now = ""
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], start=1):
        word, _, rest = line.partition(" ")
        if word in parts:
            if word == "msgid" and now:
                if parts["msgid"] in found:
                    raise ValueError(f"line {number}: {parts['msgid']!r} stands there twice")
                found[parts["msgid"]] = parts["msgstr"]
            now = word
            parts[word] = ast.literal_eval(rest)
        elif line.startswith('"') and now:
            parts[now] += ast.literal_eval(line)
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"line {number}: {line!r} is not understood")
    return found


def catalog_compiled(words: dict[str, str]) -> bytes:
    """Return the bytes of a .mo file, as GNU gettext describes it: two tables of (length, place), sorted by msgid."""
    rows = sorted((msgid.encode(), msgstr.encode()) for msgid, msgstr in words.items() if msgstr)
    texts = [[row[side] for row in rows] for side in (0, 1)]
    place = 7 * 4 + 16 * len(rows)
    tables, data = [], b""
    for side in texts:
        for text in side:
            tables.append(struct.pack("<II", len(text), place + len(data)))
            data += text + b"\0"
    header = struct.pack("<7I", MAGIC, 0, len(rows), 28, 28 + 8 * len(rows), 0, 28 + 16 * len(rows))
    return header + b"".join(tables) + data


def main() -> None:
    """Compile every catalogue of the house."""
    for path in sorted(ROOT.glob("studies/*/locale/*/LC_MESSAGES/django.po")):
        path.with_suffix(".mo").write_bytes(catalog_compiled(catalog_read(path.read_text("utf-8"))))


if __name__ == "__main__":
    main()
