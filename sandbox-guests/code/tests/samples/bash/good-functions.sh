#!/bin/bash
function retry {
  local times=$1 wait=1
  shift
  until "$@"; do
    if ! ((--times)); then
      return 1
    fi
    sleep "$wait"
    wait=$((wait * 2))
  done
}

trap 'rm -rf "$tmp"' EXIT
tmp=$(mktemp -d)
retry 3 curl -fsS "https://example.org/?q=a&b=c" -o "$tmp/page" 2>/dev/null && {
  grep -c '<a ' "$tmp/page"
} || echo "no page"
diff <(sort a.txt) <(sort b.txt) | head -n 5
