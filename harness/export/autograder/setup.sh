#!/usr/bin/env bash
# Gradescope runs this once, when it makes the image: Go, a C compiler for the race detector, and all that is
# compiled the same for every submission.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}

apt-get update -qq
apt-get install -y -qq ca-certificates curl gcc libc6-dev >/dev/null
curl -fsSL "https://go.dev/dl/{{.Go}}.linux-$(dpkg --print-architecture).tar.gz" | tar -C /usr/local -xz

export PATH=$PATH:/usr/local/go/bin HOME=${HOME:-/root} GOTOOLCHAIN=local
cd "$root/source"
go mod download
go build -o /dev/null ./harness
go test -race -c -o /dev/null ./labs/{{.Lab}}
