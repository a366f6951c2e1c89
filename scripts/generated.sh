#!/bin/sh
# Fails when "go generate" changes a file: then a generated one is stale. Looks
# at the files as they are, committed or not.
set -eu

state() {
	git ls-files -z --cached --others --exclude-standard | sort -z |
		xargs -0 sh -c 'for f; do [ -f "$f" ] && cksum "$f"; done; true' sh
}

before=$(mktemp)
after=$(mktemp)
trap 'rm -f "$before" "$after"' EXIT
state >"$before"
go generate ./...
state >"$after"
if ! diff "$before" "$after"; then
	echo 'generated files were stale, and are fresh now: commit them' >&2
	exit 1
fi
