#!/usr/bin/env bash
# Measures tagkeep beside the mariadb client, the sqlite3 shell and excelize,
# prints a table and writes dist/bench.json:
#
#	scripts/bench.sh -rows 100000
#	scripts/bench.sh -help
#
# It builds what it measures, with the flags of make build, and runs beside the
# private MariaDB of scripts/test.sh. A peer that is not installed is named in
# the table (Debian: apt install mariadb-client sqlite3).
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$(mktemp -d "${TMPDIR:-/tmp}/tagkeep-bench-bin.XXXXXX")
trap 'rm -rf "$bin"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

version=$(git describe --tags --always --dirty 2>/dev/null || echo dev)
build() {
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$bin/$1" "$2"
}
build tagkeep ./cmd/tagkeep
build gen ./samples/gen
build bench ./scripts/bench

case " $* " in
*" -h "* | *" -help "* | *" --help "*) "$bin/bench" -help ;;
*) scripts/test.sh "$bin/bench" -tagkeep "$bin/tagkeep" -gen "$bin/gen" "$@" ;;
esac
