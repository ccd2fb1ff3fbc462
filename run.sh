#!/usr/bin/env bash
# Brings up the whole order gateway on this machine, installing what is missing, and hands over to the launcher, which
# runs until it gets SIGINT (Ctrl-C) or SIGTERM.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=infra/set-up.sh
source infra/set-up.sh

main() {
  case "${1:-}" in
    '') ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "run.sh: unknown argument: $1 (try --help)" >&2
      exit 2
      ;;
  esac
  check_node
  install_packages
  if ! is_set REDIS_URL && ! is_set REDIS_URL_FILE; then install_redis; fi
  local options=(--disable-warning=ExperimentalWarning)
  if [[ -e .env ]]; then options+=(--env-file=.env); fi
  exec node_modules/.bin/node "${options[@]}" apps/launcher/src/main.ts
}

usage() {
  cat <<'USAGE'
Usage: ./run.sh [--help]

Starts event store, Redis, exchange, projector, workers and the API, and prints their addresses. Ctrl-C stops all of them.
What is at REDIS_URL, EVENTSTORE_URL or EXCHANGE_URL is used, and not started, if that variable is set.

Settings, as variables of the environment or in a file .env (see .env.example), with their defaults:
USAGE
  awk '/^## /             { print "\n" substr($0, 4) }
       /^# [A-Z_]+=/      { print "  " substr($0, 3) "\n      " about; next }
       /^# /              { about = substr($0, 3) }' .env.example
}

# A variable of the environment counts even if it is empty, as Node sees it, which reads .env only for what is missing.
is_set() {
  if [[ -n ${!1+set} ]]; then [[ -n ${!1} ]]; else grep -Eqs "^ *(export +)?$1 *= *[^ #]" .env; fi
}

main "$@"
