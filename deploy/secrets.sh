#!/bin/sh
# Gives every password in .env that has none yet a random one, and makes .env from .env.example where there is none. A
# password that .env.example has come to know since is added. Run again, it changes nothing.
# Usage: deploy/secrets.sh [FILE]   (FILE is .env in the root of the repository)
set -eu
umask 077
root=$(cd "$(dirname "$0")/.." && pwd)
file=${1:-$root/.env}
[ -e "$file" ] || cp "$root/.env.example" "$file"
chmod 600 "$file"
sed -n 's/^\([A-Z][A-Z0-9_]*_PASSWORD\)=.*/\1/p' "$root/.env.example" | while IFS= read -r name; do
  grep -q "^$name=" "$file" || printf '%s=\n' "$name" >>"$file"
done
grep -q '^COMPOSE_PROFILES=' "$file" || printf 'COMPOSE_PROFILES=public\n' >>"$file"
# The executor reads the wallet's key as its owner; never as root.
if [ "$(id -u)" != 0 ] && ! grep -q '^OWNER_UID=' "$file"; then
  printf 'OWNER_UID=%s\nOWNER_GID=%s\n' "$(id -u)" "$(id -g)" >>"$file"
fi
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    # NATS reads a password that begins with a digit as a number, so each begins with a letter.
    [A-Z]*_PASSWORD=) line=${line}p$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n') ;;
  esac
  printf '%s\n' "$line"
done <"$file" >"$new"
mv "$new" "$file"
echo "passwords are in $file"
