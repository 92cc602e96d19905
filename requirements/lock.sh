#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml: hashes, no index addresses. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --upgrade --group build "$@"; }
lock --output-file requirements/run.txt
lock --extra postgres --extra browser --extra ocr --group dev --output-file requirements/dev.txt
lock --extra browser --extra ocr --extra postgres --extra parquet --extra notify --output-file requirements/all.txt
