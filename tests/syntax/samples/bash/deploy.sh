#!/usr/bin/env bash
# Deploys.
set -euo pipefail

TARGET="${1:-staging}"
readonly VERSION=1.2
declare -A hosts

# Prints a message.
# Goes to stderr.
log() {
  local message="$1"
  echo "$message" >&2
}

function build {
  inner() { :; }
  OUT=dist
  inner
}

deploy::run() ( cd /tmp; log "done" )

log "start"
