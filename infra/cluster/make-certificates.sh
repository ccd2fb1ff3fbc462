#!/usr/bin/env bash
# Makes what the nodes of compose.yml prove with who they are: one authority, and a certificate for each host that it
# vouches for. Certificates that are there already stay, so that a node can be added, or replaced, under the same one.
set -euo pipefail

readonly hosts=(store-1 store-2 store-3 redis-1 redis-2 sentinel-1 sentinel-2 sentinel-3)
readonly authority_days=3650
readonly node_days=825
# The user of EventStoreDB and of the gateway inside their containers.
readonly container_user=1000

usage() {
  cat <<'USAGE'
Usage: infra/cluster/make-certificates.sh [--help] [folder]

Makes in folder (infra/cluster/certificates), as far as they are not there yet:

  ca/ca.crt                       what everybody trusts
  authority/ca.key                what signs: keep it off the machines of the cluster
  <host>/node.crt, node.key       for each host of infra/cluster/compose.yml

A node certificate is valid for 825 days; remove its folder to have it made anew. Needs openssl; as root, the keys are
given to user 1000, as whom EventStoreDB runs in its container.
USAGE
}

main() {
  case "${1:-}" in
    -h | --help)
      usage
      return
      ;;
    -*)
      echo "make-certificates.sh: unknown argument: $1 (try --help)" >&2
      return 2
      ;;
  esac
  folder=${1:-$(dirname "${BASH_SOURCE[0]}")/certificates}
  umask 077
  mkdir -p "$folder/ca" "$folder/authority"
  if [[ ! -e $folder/authority/ca.key || ! -e $folder/ca/ca.crt ]]; then make_authority; fi
  local host
  for host in "${hosts[@]}"; do
    if [[ ! -e $folder/$host/node.key ]]; then make_node "$host"; fi
  done
  chmod 755 "$folder" "$folder/ca"
  chmod 644 "$folder/ca/ca.crt"
}

make_authority() {
  openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days "$authority_days" -subj '/O=Order gateway/CN=Cluster authority' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$folder/authority/ca.key" -out "$folder/ca/ca.crt" 2>/dev/null
}

# EventStoreDB asks for one common name for all of its nodes, and that each is a server and a client of the others.
make_node() {
  local host=$1
  local node=$folder/$host
  mkdir -p "$node"
  openssl req -newkey rsa:2048 -nodes -sha256 -subj '/O=Order gateway/CN=eventstoredb-node' \
    -keyout "$node/node.key.part" -out "$node/node.csr" 2>/dev/null
  openssl x509 -req -sha256 -days "$node_days" -in "$node/node.csr" \
    -CA "$folder/ca/ca.crt" -CAkey "$folder/authority/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -extfile <(
      printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature,keyEncipherment' \
        'extendedKeyUsage=serverAuth,clientAuth' "subjectAltName=DNS:$host,DNS:localhost,IP:127.0.0.1"
    ) -out "$node/node.crt" 2>/dev/null
  rm "$node/node.csr"
  if ((EUID == 0)); then chown -R "$container_user:$container_user" "$node"; fi
  # Last, for it is the key by which a whole certificate is known.
  mv "$node/node.key.part" "$node/node.key"
}

main "$@"
