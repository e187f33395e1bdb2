"""What all makers share: where files go, how programs run, and the words on the pages."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent
WORK = pathlib.Path(os.environ.get("CORPUS_WORK", "/tmp/batch-corpus"))  # intermediate files

os.environ.setdefault("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01, where a tool honours it


def put(name: str, body: bytes) -> pathlib.Path:
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def work(name: str, body: bytes | str = b"") -> pathlib.Path:
    path = WORK / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if body:
        path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def run(*argv, ok=(0,), timeout=180, **more) -> subprocess.CompletedProcess:
    done = subprocess.run([str(a) for a in argv], timeout=timeout, capture_output=True, **more)
    if done.returncode not in ok:
        raise SystemExit(f"{argv}: exit {done.returncode}\n{done.stdout.decode(errors='replace')}\n{done.stderr.decode(errors='replace')}")
    return done


def words(name: str, pages: int = 2) -> list[str]:
    """The text of each page: words that no other file of the corpus has, and Norwegian letters."""
    stem = "".join(c if c.isalnum() else " " for c in name).title().replace(" ", "")
    return [f"Avtale{stem}Side{i + 1} om leie av bolig" for i in range(pages)]
