#!/usr/bin/env bash
# Known vulnerabilities in what ships (npm audit). A registry that answers no audits, such as a mirror, is told and is
# no failure: the check would else say nothing but that the network is another one.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
npm audit --omit=dev --audit-level=moderate --json >"$log" 2>/dev/null
status=$?
if grep -q '"auditReportVersion"' "$log"; then
  ((status == 0)) || npm audit --omit=dev --audit-level=moderate
  exit "$status"
fi
printf 'the registry answers no audits here: not checked\n'
