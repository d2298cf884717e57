#!/bin/bash
# The journey of ./run --check against the stack under test, twice: the second day is the same day,
# so its file has grown and the session is a new one.
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/journey.sh "$MOTCUA_URL" "$SANDBOX_URL" "$STACK" "$MOTCUA_BIN/motcua"
JOURNEY_PERSON=079301000001 deploy/journey.sh "$MOTCUA_URL" "$SANDBOX_URL" "$STACK" "$MOTCUA_BIN/motcua"
