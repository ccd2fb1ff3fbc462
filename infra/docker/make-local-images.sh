#!/usr/bin/env bash
# Makes stand-ins for the images that the gateway runs on and with, under their very names, from Debian's packages and
# the Node.js of this repository: for machines that reach package registries, but no image registry. They prove how the
# containers work together; what is inside the real images, they do not prove.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=infra/set-up.sh
source infra/set-up.sh

readonly stand_ins=infra/docker/stand-ins
readonly label=order-gateway.stand-in
readonly gateway=order-gateway
readonly debian_release=bookworm
readonly debian_mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
readonly npm_version=11
# Debian's docker.io brings no BuildKit client; what is built here needs none.
export DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-0}

usage() {
  cat <<EOT
Usage: infra/docker/make-local-images.sh [--fresh] [--replace] [--remove] [--help]

Makes local stand-ins for these images, as far as they are not there yet:

  ${runtime_image}
  ${node_image}
  ${redis_image}
  ${eventstore_image} (the embedded event store)
  ${nginx_image}
  ${prometheus_image}

The names come from docker-compose.yml and infra/docker/Dockerfile; REDIS_IMAGE and the other variables named there
change them here too. Needs root, docker, debootstrap and the packages of this repository (./run_tests.sh installs them).

  --fresh     Makes the stand-ins anew that are there already.
  --replace   Overwrites real images of these names too. Without it, one that is no stand-in stops the script.
  --remove    Removes the stand-ins, and nothing else.
  --help      Shows this.

DEBIAN_MIRROR (${debian_mirror}) is where Debian comes from.
EOT
}

fresh=false
replace=false

main() {
  name_images
  local action=make
  local argument
  for argument; do
    case $argument in
      --fresh) fresh=true ;;
      --replace) replace=true ;;
      --remove) action=remove ;;
      --help | -h) action=usage ;;
      *) fail "unknown argument $argument (try --help)" ;;
    esac
  done
  "$action"
}

# The defaults stand in one place each: where they are used.
name_images() {
  node_image=${NODE_IMAGE:-$(in_dockerfile NODE_IMAGE)}
  runtime_image=${RUNTIME_IMAGE:-$(in_dockerfile RUNTIME_IMAGE)}
  redis_image=${REDIS_IMAGE:-$(in_compose REDIS_IMAGE)}
  eventstore_image=${EVENTSTORE_IMAGE:-$(in_compose EVENTSTORE_IMAGE)}
  nginx_image=${NGINX_IMAGE:-$(in_compose NGINX_IMAGE)}
  prometheus_image=${PROMETHEUS_IMAGE:-$(in_compose PROMETHEUS_IMAGE)}
}
in_dockerfile() { sed -n "s/^ARG $1=//p" infra/docker/Dockerfile; }
in_compose() { sed -n "s/.*\${$1:-\([^}]*\)}.*/\1/p" docker-compose.yml | head -n 1; }

make() {
  check_machine
  check_images
  ((EUID == 0)) || fail 'only root may run debootstrap: run this as root'
  if ! is_there "$runtime_image" || ! is_there "$node_image"; then make_base_images; fi
  stand_in "$redis_image" redis BASE "$runtime_image"
  stand_in "$nginx_image" nginx BASE "$runtime_image"
  stand_in "$prometheus_image" prometheus BASE "$runtime_image"
  # The embedded event store is one of the apps of the gateway's own image.
  say "Building $gateway"
  quietly docker build --file infra/docker/Dockerfile --tag "$gateway" \
    --build-arg NODE_IMAGE="$node_image" --build-arg RUNTIME_IMAGE="$runtime_image" .
  stand_in "$eventstore_image" eventstore GATEWAY "$gateway"
  printf '%4d s  The stand-ins are there.\n' "$SECONDS"
}

remove() {
  command -v docker >/dev/null || fail 'docker is needed: install docker.io, or Docker'
  local image
  for image in "$eventstore_image" "$prometheus_image" "$nginx_image" "$redis_image" "$node_image" "$runtime_image"; do
    if is_stand_in "$image"; then
      echo "Removing $image ..."
      quietly docker image rm "$image"
    fi
  done
}

check_machine() {
  command -v docker >/dev/null || fail 'docker is needed: install docker.io, or Docker'
  command -v debootstrap >/dev/null || fail 'debootstrap is needed: install the package of this name'
  docker info >/dev/null 2>&1 || fail 'no docker daemon answers: start it, or set DOCKER_HOST'
  command -v npm >/dev/null || fail 'npm is needed: install Node.js'
  [[ -x node_modules/node/bin/node ]] || fail 'the packages of this repository are not installed: ./run_tests.sh does that'
  local node_version
  node_version=$(node_modules/node/bin/node --version)
  [[ $node_image == *:"${node_version#v}"* ]] ||
    fail "the Node.js of this repository is ${node_version#v}, and the image is $node_image: change one of them"
}

check_images() {
  local image
  for image in "$runtime_image" "$node_image" "$redis_image" "$nginx_image" "$prometheus_image" "$eventstore_image"; do
    [[ -n $image ]] || fail 'docker-compose.yml or infra/docker/Dockerfile names no default for one of the images'
    if $replace || ! exists "$image" || is_stand_in "$image"; then continue; fi
    fail "$image is there and is no stand-in: use it as it is, or overwrite it with --replace"
  done
}

say() { printf '%4d s  %s ...\n' "$SECONDS" "$1"; }

exists() { docker image inspect "$1" >/dev/null 2>&1; }
is_stand_in() { [[ -n $(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) ]]; }
is_there() { ! $fresh && is_stand_in "$1"; }

# Docker's own cache knows whether anything has changed that a stand-in is made of.
stand_in() {
  local image=$1 name=$2 base_argument=$3 base=$4
  local options=()
  if $fresh; then options+=(--no-cache); fi
  # How a machine reaches Debian is a matter of that machine; docker takes these from the environment, and keeps none.
  local proxy
  for proxy in http_proxy https_proxy no_proxy; do
    if [[ -n ${!proxy:-} ]]; then options+=(--build-arg "$proxy"); fi
  done
  say "Making $image"
  quietly docker build "${options[@]}" --file "$stand_ins/$name.Dockerfile" --tag "$image" --label "$label=$name" \
    --build-arg "$base_argument=$base" "$stand_ins"
}

# Debian as its slim image has it, and the same with Node.js and npm.
make_base_images() (
  local root
  root=$(mktemp -d)
  # shellcheck disable=SC2064 # The folder of now.
  trap "rm -rf '$root'" EXIT
  say "Making $runtime_image"
  quietly debootstrap --variant=minbase "$debian_release" "$root" "$debian_mirror"
  slim_down "$root"
  add_sources "$root"
  trust_what_this_machine_trusts "$root"
  import "$root" "$runtime_image" debian 'CMD ["bash"]'

  say "Making $node_image"
  install -m 755 node_modules/node/bin/node "$root/usr/local/bin/node"
  quietly npm install --global --no-audit --no-fund --prefix "$root/usr/local" "npm@$npm_version"
  use_registry_of_this_machine "$root"
  quietly chroot "$root" useradd --uid 1000 --user-group --create-home --shell /bin/bash node
  import "$root" "$node_image" node 'CMD ["node"]' "ENV NODE_EXTRA_CA_CERTS=$certificates"
)

import() {
  local root=$1 image=$2 name=$3
  local changes=(--change "LABEL $label=$name" --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  local change
  for change in "${@:4}"; do changes+=(--change "$change"); done
  tar --create --one-file-system --directory "$root" . | quietly_from_pipe docker import "${changes[@]}" - "$image"
}

slim_down() {
  rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/* \
    "$1"/usr/share/{doc,man,info,locale,lintian}/*
  # A package that is installed in a build must not start its daemon there.
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod +x "$1/usr/sbin/policy-rc.d"
  printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian >"$1/etc/dpkg/dpkg.cfg.d/docker"
}

add_sources() {
  cat >"$1/etc/apt/sources.list" <<EOT
deb $debian_mirror $debian_release main
deb ${debian_mirror}-security $debian_release-security main
EOT
}

readonly certificates=/etc/ssl/certs/ca-certificates.crt

# A registry behind a certificate of one's own, as companies have it, is then as good as any other in a build.
trust_what_this_machine_trusts() {
  local bundle=${NODE_EXTRA_CA_CERTS:-${SSL_CERT_FILE:-$certificates}}
  if [[ -f $bundle ]]; then install -D -m 644 "$bundle" "$1$certificates"; fi
}

# The address alone: what else stands in the settings of npm may be secret.
use_registry_of_this_machine() {
  printf 'registry=%s\n' "$(npm config get registry 2>/dev/null)" >"$1/root"/.npmrc
}

quietly_from_pipe() {
  local output
  if output=$("$@" 2>&1); then return; fi
  printf '%s\n' "$output" >&2
  fail "failed: $*"
}

main "$@"
