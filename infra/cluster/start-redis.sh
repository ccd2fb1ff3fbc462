#!/bin/sh
# Starts a Redis (role data) or a Sentinel (role sentinel) of compose.yml. Its configuration is written at the first
# start only: from then on the Sentinels change it, and a former master that comes back must come back as a replica.
# Passwords reach it by that file, never by its command line, which everybody on the machine can read.
set -eu

role=$1
host=$2
config=/data/$role.conf
tls=/run/redis

secret() {
  value=$(cat "/run/secrets/$1")
  case $value in
    '' | *[!0-9A-Za-z_-]*)
      echo "start-redis.sh: $1 has to consist of letters, digits, _ and -" >&2
      exit 78
      ;;
  esac
  printf %s "$value"
}

# The key belongs to another user, and is nobody else's to read.
for file in node.crt node.key; do install -o redis -g redis -m 400 "/certificates/$host/$file" "$tls/$file"; done

write_common() {
  printf '%s\n' 'port 0' 'tls-replication yes' 'tls-auth-clients no' "tls-cert-file $tls/node.crt" \
    "tls-key-file $tls/node.key" 'tls-ca-cert-file /certificates/ca/ca.crt' 'dir /data'
}

write_data() {
  password=$(secret redis_password)
  write_common
  printf '%s\n' 'tls-port 6379' "requirepass $password" "masterauth $password" "replica-announce-ip $host" \
    'appendonly yes' 'save ""' 'maxmemory-policy noeviction' "maxmemory ${REDIS_MAXMEMORY:-2gb}"
  if [ "$host" != redis-1 ]; then printf '%s\n' 'replicaof redis-1 6379'; fi
}

write_sentinel() {
  own=$(secret sentinel_password)
  password=$(secret redis_password)
  write_common
  printf '%s\n' 'tls-port 26379' "requirepass $own" "sentinel sentinel-pass $own" \
    'sentinel resolve-hostnames yes' 'sentinel announce-hostnames yes' "sentinel announce-ip $host" \
    'sentinel announce-port 26379' \
    'sentinel monitor orders redis-1 6379 2' "sentinel auth-pass orders $password" \
    "sentinel down-after-milliseconds orders ${SENTINEL_DOWN_AFTER_MS:-5000}" \
    "sentinel failover-timeout orders ${SENTINEL_FAILOVER_TIMEOUT_MS:-30000}"
}

if [ ! -s "$config" ]; then
  umask 077
  "write_$role" >"$config.part"
  mv "$config.part" "$config"
fi
case $role in
  data) set -- ;;
  sentinel) set -- --sentinel ;;
esac
exec docker-entrypoint.sh redis-server "$config" "$@"
