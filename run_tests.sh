#!/usr/bin/env bash
# Tests everything, from formats to whole systems under kill -9, on a machine that has only git, some Node with npm, and
# root. The last line is `N passed, N failed, N skipped`; each of the checks before the tests counts as one. What can run
# on EventStoreDB and Redis in containers does so too, where there are any; otherwise that is the one thing skipped, with
# the reason before the last line. REQUIRE_CONTAINERS=1 makes it a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=infra/set-up.sh
source infra/set-up.sh

readonly reports=.test-logs
checks_passed=0
checks_failed=0
checks_skipped=0
reports_written=()
skip_reason=

main() {
  check_node
  install_packages
  install_redis
  install_judges
  export PATH="$PWD/node_modules/.bin:$PATH"
  export NODE_OPTIONS=--disable-warning=ExperimentalWarning
  rm -rf "$reports"
  mkdir -p "$reports"

  check 'format, lint and imports' biome check --error-on-warnings .
  check 'types' tsc -p .
  tests unit-and-integration --project unit --project int
  tests end-to-end --project e2e
  tests_in_containers
  summary
}

# Goes on after a failure: one run tells about everything that is wrong.
check() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    checks_passed=$((checks_passed + 1))
  else
    checks_failed=$((checks_failed + 1))
    printf '== failed: %s\n' "$name"
  fi
}

# What failed stands in the report.
tests() {
  local report=$1
  shift
  reports_written+=("$report")
  printf '\n== %s tests\n' "$report"
  vitest run "$@" --reporter=default --reporter=json --outputFile.json="$reports/$report.json" || true
}

tests_in_containers() {
  local why status=0
  why=$(node packages/test-kit/src/containers/probe.ts) || status=$?
  case $status in
    0) tests containers --project containers ;;
    75)
      checks_skipped=$((checks_skipped + 1))
      skip_reason="the tests in containers: $why"
      ;;
    *)
      checks_failed=$((checks_failed + 1))
      printf '\n== failed: the tests in containers: %s\n' "$why"
      ;;
  esac
}

summary() {
  if [[ -n $skip_reason ]]; then printf '\n== skipped: %s\n' "$skip_reason"; fi
  node - "$reports" "$checks_passed" "$checks_failed" "$checks_skipped" "${reports_written[@]}" <<'NODE'
const { readFileSync } = require('node:fs');
const [folder, checksPassed, checksFailed, checksSkipped, ...names] = process.argv.slice(2);
let [passed, failed, skipped] = [Number(checksPassed), Number(checksFailed), Number(checksSkipped)];
for (const name of names) {
  let report;
  try {
    report = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
  } catch {
    report = { success: false, numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
  passed += report.numPassedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // A run can fail without a test that does: a file that does not load, an error that nobody caught.
  failed += report.success ? 0 : Math.max(1, report.numFailedTests);
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
NODE
}

main "$@"
