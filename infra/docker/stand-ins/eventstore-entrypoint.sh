#!/usr/bin/env bash
# Understands as much of EventStoreDB's environment as a single node without TLS needs, and refuses the rest.
set -euo pipefail

refuse() {
  echo "stand-in for EventStoreDB: $1" >&2
  exit 1
}

on() { [[ ${1,,} == true || $1 == 1 ]]; }

on "${EVENTSTORE_INSECURE:-false}" || refuse 'it speaks no TLS: set EVENTSTORE_INSECURE=true, or use the real image'
((${EVENTSTORE_CLUSTER_SIZE:-1} == 1)) || refuse 'it is a single node: set EVENTSTORE_CLUSTER_SIZE=1'
if on "${EVENTSTORE_MEM_DB:-false}"; then folder=$(mktemp -d); else folder=${EVENTSTORE_DB:-/var/lib/eventstore}; fi

export EVENT_STORE_HOST=0.0.0.0
export EVENT_STORE_PORT=${EVENTSTORE_NODE_PORT:-${EVENTSTORE_HTTP_PORT:-2113}}
export EVENT_STORE_DATA=$folder
exec /usr/bin/tini -- /gateway/run-app.sh event-store
