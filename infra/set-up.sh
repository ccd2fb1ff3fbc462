# shellcheck shell=bash
# What a fresh machine needs before it can run or test the gateway: packages, Redis, and for some of the tests the tools
# that judge what lies in infra. Sourced by run.sh and run_tests.sh from the folder of the repository.

readonly node_major_min=18

check_node() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail "Node.js $node_major_min or newer with npm is needed: see https://nodejs.org/en/download"
  local version
  version=$(node --version)
  local major=${version#v}
  ((${major%%.*} >= node_major_min)) || fail "Node.js $node_major_min or newer is needed, but this is $version"
}

# pnpm writes its state at the end of every installation: older than the lock file, the installation is out of date.
install_packages() {
  local state=node_modules/.pnpm-workspace-state-v1.json
  if [[ -e $state && ! $state -ot pnpm-lock.yaml ]]; then return; fi
  local pnpm
  pnpm=$(sed -n 's/.*"packageManager": *"\([^"]*\)".*/\1/p' package.json)
  echo 'Installing packages ...'
  CI=true quietly npx --yes "$pnpm" install --frozen-lockfile
  touch "$state"
}

install_redis() {
  if command -v redis-server >/dev/null; then return; fi
  local hint='install redis-server, or set REDIS_URL to a Redis that runs already'
  local install
  if command -v apt-get >/dev/null; then
    install='quietly apt_install_stopped redis-server'
  elif command -v dnf >/dev/null; then
    install='quietly dnf install -y redis'
  elif command -v apk >/dev/null; then
    install='quietly apk add redis'
  elif command -v brew >/dev/null; then
    echo 'Installing Redis ...'
    quietly brew install redis
    return
  else
    fail "Redis is needed, and there is no package manager that this script knows: $hint"
  fi
  ((EUID == 0)) || fail "Redis is needed, and only root may install it: $hint"
  echo 'Installing Redis ...'
  $install
  command -v redis-server >/dev/null || fail "Redis is needed, and its package has no redis-server: $hint"
}

# Debian would start a server of its own right away, and at every boot; a policy of "no" keeps it from that. In a
# subshell, so that the policy is gone at its end, however it ends.
apt_install_stopped() (
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap "rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" &&
    if [[ -d /run/systemd/system ]]; then systemctl disable "$1"; fi
)

# For tests that are skipped without them; nothing else needs them.
install_judges() {
  install_judge kubectl kubernetes-client 'Kubernetes manifests' https://kubernetes.io/docs/tasks/tools
  install_judge promtool prometheus 'alerts' https://prometheus.io/download
}

install_judge() {
  local command=$1 package=$2 judged=$3 page=$4
  if command -v "$command" >/dev/null; then return; fi
  if command -v apt-get >/dev/null && ((EUID == 0)); then
    echo "Installing $command ..."
    apt_install_stopped "$package" &>/dev/null || true
  fi
  command -v "$command" >/dev/null || echo "Without $command the $judged are not tested: see $page"
}

# Shows what a command says only if it fails.
quietly() {
  local output
  if output=$("$@" 2>&1 </dev/null); then return; fi
  printf '%s\n' "$output" >&2
  fail "failed: $*"
}

fail() {
  echo "${0##*/}: $1" >&2
  exit 1
}
