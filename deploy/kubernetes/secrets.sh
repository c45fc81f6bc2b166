#!/bin/sh
# Makes deploy/kubernetes/secrets/files: a random password for each user of NATS, and empty files for the keys of Pushover.
# Only their owner may read them, git keeps none of them, and run again it changes nothing that is there.
# Usage: deploy/kubernetes/secrets.sh [FOLDER]
set -eu
umask 077
folder=${1:-$(cd "$(dirname "$0")" && pwd)/secrets/files}
mkdir -p "$folder"
for user in oracle venue scanner risk executor ledger alerter console operator bootstrap; do
  # NATS reads a password that begins with a digit as a number, so each begins with a letter. No line end: it would be
  # part of what NATS is told.
  [ -e "$folder/$user" ] || printf 'p%s' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >"$folder/$user"
done
for key in pushover-user-key pushover-api-token; do
  [ -e "$folder/$key" ] || : >"$folder/$key"
done
echo "secrets are in $folder"
