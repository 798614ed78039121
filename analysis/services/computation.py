"""The one place where the heavy half of the analysis is called: imported in the worker, when a report is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.core.digest import digest_of, file_digest


def report_compute(source: Path, *, out: Path) -> None:
    """Analyse a dataset folder by the plan that lies in it, and write the report's files."""
    from analysis.report.write import write_report

    write_report(source, plan=source / "plan.yaml", out=out)


def report_manifest(folder: Path) -> dict[str, Any]:
    """Describe the files of a written report; the digest is that of their digests."""
    files = {
        file.name: {"sha256": file_digest(file), "bytes": file.stat().st_size}
        for file in sorted(folder.iterdir())
    }
    return {"files": files, "digest": digest_of(files)}
