#!/usr/bin/env bash
# Tests everything, from formats to whole systems under kill -9, on a machine that has only git, some Node with npm, and
# root. The last line is `N passed, N failed, N skipped`; each of the checks before the tests counts as one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=infra/set-up.sh
source infra/set-up.sh

readonly reports=.test-logs
checks_passed=0
checks_failed=0

main() {
  check_node
  install_packages
  install_redis
  export PATH="$PWD/node_modules/.bin:$PATH"
  export NODE_OPTIONS=--disable-warning=ExperimentalWarning
  rm -rf "$reports"
  mkdir -p "$reports"

  check 'format, lint and imports' biome check --error-on-warnings .
  check 'types' tsc -p .
  tests unit-and-integration --project unit --project int
  tests end-to-end --project e2e
  summary unit-and-integration end-to-end
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
  printf '\n== %s tests\n' "$report"
  vitest run "$@" --reporter=default --reporter=json --outputFile.json="$reports/$report.json" || true
}

summary() {
  node - "$reports" "$checks_passed" "$checks_failed" "$@" <<'NODE'
const { readFileSync } = require('node:fs');
const [folder, checksPassed, checksFailed, ...names] = process.argv.slice(2);
let [passed, failed, skipped] = [Number(checksPassed), Number(checksFailed), 0];
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
