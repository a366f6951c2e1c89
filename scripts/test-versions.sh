#!/bin/sh
# Runs the tests on several major versions of PostgreSQL, one after another.
#
#   test-versions.sh 14 15 16 -- [go test arguments …]
#
# A version that cannot be had (exit code 3 of withpg) is passed over; it is a
# failure when none can be. Needs bin/withpg and bin/gotest ("make tools").
set -eu

versions=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	versions="$versions $1"
	shift
done
shift # the --

failed= passed= missing=
for version in $versions; do
	echo "PostgreSQL $version"
	code=0
	bin/withpg -version "$version" bin/gotest -timeout 10m "$@" || code=$?
	case $code in
	0) passed="$passed $version" ;;
	3) missing="$missing $version" ;;
	130 | 143) exit "$code" ;;
	*) failed="$failed $version" ;;
	esac
done
echo "passed on:${passed:- none}; failed on:${failed:- none}; could not be had:${missing:- none}"
[ -z "$failed" ] && [ -n "$passed" ]
