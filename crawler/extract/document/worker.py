"""The process in which documents are opened. Started by `crawler.extract.document.sandbox`, never imported by it.

It reads requests, one JSON line each, from standard input, and answers with one JSON line each; the file itself lies in
its scratch folder. JSON and not pickle: what comes back was made from a stranger's bytes.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from crawler.extract.blocks import Document
from crawler.extract.document.formats.limits import GIB, MIB, Limits
from crawler.extract.document.read_document import read_document
from crawler.extract.document.tools import lower

#: seconds after which the system ends a worker whose owner is gone, beyond the owner's own limit
_GRACE = 10
#: recognition maps models and workspaces beside what it uses
OCR_FACTOR = 2
#: files that one document may have open
_MOST_FILES = 128


def main() -> None:
    """Serve requests until standard input ends, then remove the scratch folder."""
    scratch = Path.cwd()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = json.dumps(_served(request, scratch))
        except MemoryError:
            answer = json.dumps(as_json(_too_large(request["limits"]["memory"])))
        answers.write(answer.encode("ascii") + b"\n")
        answers.flush()
    shutil.rmtree(scratch, ignore_errors=True)


def _served(request: dict[str, Any], scratch: Path) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    lower(resource.RLIMIT_AS, limits.memory * (OCR_FACTOR if request["ocr"] else 1))
    lower(resource.RLIMIT_FSIZE, min(2 * limits.unpacked, GIB))
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    signal.alarm(int(limits.seconds) + _GRACE)
    source = scratch / request["file"]
    data = source.read_bytes()
    source.unlink()
    document = read_document(data, request["name"], request["declared"], limits=limits, ocr=request["ocr"], office=request["office"])
    signal.alarm(0)
    _sweep(scratch)
    return as_json(document)


def _too_large(memory: int) -> Document:
    return Document("", "application/octet-stream", f"refused: needs more than {memory // MIB} MiB of memory")


def _sweep(scratch: Path) -> None:
    """Nothing of one document may be met by the next."""
    for item in scratch.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item, ignore_errors=True)
        else:
            item.unlink(missing_ok=True)


def as_json(document: Document) -> dict[str, Any]:
    """The document without its name, which the owner knows."""
    blocks = [[block.kind.value, block.text, block.rows, block.align, block.where, block.sure] for block in document.blocks]
    return {"media_type": document.media_type, "status": document.status, "blocks": blocks}


if __name__ == "__main__":
    main()
