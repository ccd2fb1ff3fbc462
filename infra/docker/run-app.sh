#!/usr/bin/env bash
# The entry point of the image: becomes the app that the command names. What follows the name goes to the app.
set -euo pipefail

app=${1:-api}
if (($# > 0)); then shift; fi
options=(--disable-warning=ExperimentalWarning)
case $app in
  api | cli | exchange | projector | worker) ;;
  # A young generation as large as Node's own grows to 100 MiB under the short-lived bytes of a long read.
  event-store) options+=(--max-semi-space-size=4) ;;
  *)
    echo "order-gateway: unknown app $app; one of: api, cli, event-store, exchange, projector, worker" >&2
    exit 64
    ;;
esac
exec node "${options[@]}" "/gateway/apps/$app/src/main.ts" "$@"
