#!/usr/bin/env bash
# Makes the corpus anew and asks the judges about it; README.md beside the corpus says what
# must be installed. Python's libraries go into a folder of their own, $CORPUS_VENV.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
venv=${CORPUS_VENV:-/tmp/batch-corpus-venv}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q -r requirements.txt
for part in ${*:-tools libraries rewritten features sign damaged monsters bombs facts}; do
	echo "== $part"
	"$venv/bin/python" "$part.py"
done
