#!/usr/bin/env bash
# Makes the passwords of the cluster, and the addresses by which the gateway reaches it. None has a default, and what is
# there already stays: the servers have stored theirs.
set -euo pipefail

readonly container_user=1000
readonly ca=/run/cluster/ca.crt

usage() {
  cat <<'USAGE'
Usage: infra/cluster/make-secrets.sh [--help] [folder]

Makes in folder (infra/cluster/secrets), as far as they are not there yet:

  eventstore_password, redis_password, sentinel_password     48 random hexadecimal digits each
  eventstore.env                                             the first of them, as the nodes of EventStoreDB take it
  eventstore_url, redis_url                                  the addresses, made from the passwords at every call

As root, the addresses are given to user 1000, as whom the gateway runs in its containers.
USAGE
}

main() {
  case "${1:-}" in
    -h | --help)
      usage
      return
      ;;
    -*)
      echo "make-secrets.sh: unknown argument: $1 (try --help)" >&2
      return 2
      ;;
  esac
  folder=${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}
  umask 077
  mkdir -p "$folder"
  local name
  for name in eventstore redis sentinel; do
    if [[ ! -s $folder/${name}_password ]]; then write "${name}_password" "$(openssl rand -hex 24)"; fi
  done
  local eventstore redis sentinel
  eventstore=$(<"$folder/eventstore_password")
  redis=$(<"$folder/redis_password")
  sentinel=$(<"$folder/sentinel_password")
  if [[ ! -s $folder/eventstore.env ]]; then
    write eventstore.env "EVENTSTORE_DEFAULT_ADMIN_PASSWORD=$eventstore
EVENTSTORE_DEFAULT_OPS_PASSWORD=$(openssl rand -hex 24)"
  fi
  write eventstore_url \
    "esdb://admin:$eventstore@store-1:2113,store-2:2113,store-3:2113?tls=true&tlsCaFile=$ca&gossipTimeout=1"
  write redis_url \
    "rediss+sentinel://:$redis@sentinel-1,sentinel-2,sentinel-3/orders?sentinelPassword=$sentinel&tlsCaFile=$ca"
  if ((EUID == 0)); then chown "$container_user:$container_user" "$folder"/*; fi
}

# Whole, or not at all.
write() {
  printf '%s\n' "$2" >"$folder/$1.part"
  mv "$folder/$1.part" "$folder/$1"
}

main "$@"
