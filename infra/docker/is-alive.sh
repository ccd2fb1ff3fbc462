#!/usr/bin/env bash
# The health check of the image: whether the process in this container says that it lives. Which app it is shows in the
# port that answers. In bash alone, for Node would take longer to start than all processes of a quiet system need.
set -uo pipefail

ports=("$API_ADMIN_PORT" "$PROJECTOR_ADMIN_PORT" "$WORKER_ADMIN_PORT" "$EXCHANGE_PORT" "$EVENT_STORE_PORT")

for port in "${ports[@]}"; do
  if [[ $port == 0 ]] || ! exec 3<>"/dev/tcp/127.0.0.1/$port"; then continue; fi
  printf 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  read -r -t 4 _ status _ <&3 || exit 1
  [[ $status == 20[04] ]]
  exit
done 2>/dev/null
echo "nothing listens on any of the ports ${ports[*]}" >&2
exit 1
