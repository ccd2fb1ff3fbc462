#!/usr/bin/env bash
# As the official image does it: options alone mean the server; the server does not run as root; and it answers to other
# machines although it has no password, for who reaches it is a matter of the container's network.
set -euo pipefail

if [[ ${1:-} == -* || ${1:-} == *.conf ]]; then set -- redis-server "$@"; fi
case ${1:-} in
  redis-server | redis-sentinel)
    if [[ " $* " != *' --protected-mode '* ]]; then set -- "$@" --protected-mode no; fi
    if ((EUID == 0)); then
      find . \! -user redis -exec chown redis:redis '{}' +
      set -- setpriv --reuid=redis --regid=redis --init-groups --inh-caps=-all -- "$@"
    fi
    ;;
esac
umask 0077
exec "$@"
