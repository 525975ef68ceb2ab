#!/usr/bin/env bash
set -euo pipefail

readonly ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

log() {
  printf '%s %s\n' "$(date +%T)" "$*" >&2
}

deploy() {
  local target="${1:?no target}"
  if [[ ! -d "$ROOT/build" ]]; then
    log "nothing to deploy"
    return 1
  for file in "$ROOT"/build/*.tar.gz; do
    scp "$file" "$target:/srv/" || log "failed: ${file##*/}"
  done
}

deploy "$@"
