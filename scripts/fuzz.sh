#!/bin/sh
# Runs every fuzz test of the module for a time such as 30s, one after another.
set -eu

time=$1
found=0
for package in $(go list ./...); do
	for name in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		found=$((found + 1))
		echo "$package $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package"
	done
done
echo "$found fuzz tests"
