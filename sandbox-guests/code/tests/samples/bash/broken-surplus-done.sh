#!/bin/bash
usage() {
  cat <<EOF
usage: ${0##*/} [-v] [-o FILE] NAME...
EOF
}

verbose=0 out=
while getopts ":vo:h" option; do
  case "$option" in
    v) verbose=$((verbose + 1)) ;;
    o) out=$OPTARG ;;
    h) usage; exit 0 ;;
    \?) echo "unknown: -$OPTARG" >&2; exit 2 ;;
  esac
done
done
shift $((OPTIND - 1))
[ "$verbose" -gt 0 ] && echo "names: $*"
echo "${@:-none}" > "${out:-/dev/stdout}"
