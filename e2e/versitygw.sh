#!/bin/sh
# Builds versitygw, a real S3 server over a folder, for the tests of store/s3
# and whatever runs flows on it: .cache/bin/versitygw. The first build takes
# minutes, the next ones nothing.
set -eu
cd "$(dirname "$0")"
module=github.com/versity/versitygw
program=../.cache/bin/versitygw
version=$(go list -m -f '{{.Version}}' "$module")
if [ -x "$program" ] && go version -m "$program" | grep -q "	$module	$version"; then
	exit 0
fi
echo "building versitygw $version" >&2
mkdir -p ../.cache/bin
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$program" "$module/cmd/versitygw"
