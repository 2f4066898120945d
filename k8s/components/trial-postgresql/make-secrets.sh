#!/bin/sh
# Prints every secret that a trial needs, made now: make-secrets.sh | kubectl create -f -
# A second run would seal nothing that the first one sealed, so `create`, which refuses what exists, and not `apply`.
set -eu
word() { od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
digest() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
secret() { # name, then lines of YAML
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: candor}\nstringData:\n' "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line"; done
}
url() { echo "postgresql://$1:$2@postgresql:5432/$3"; }

platform=$(word) generation=$(word)
secret platform-secrets "key: $platform"
keys="platform:$(digest "$platform"),generation:$(digest "$generation")"
passwords="superuser: $(word)"
for service in accounts documents generation validation; do
  upper=$(echo "$service" | tr a-z A-Z) password=$(word) owner=$(word)
  passwords="$passwords
  $service: $password
  ${service}_migrations: $owner"
  secret "$service-migrations-secrets" "CANDOR_${upper}_DATABASE_URL: $(url "${service}_migrations" "$owner" "$service")"
  set -- "CANDOR_${upper}_DATABASE_URL: $(url "$service" "$password" "$service")"
  case $service in
    accounts) set -- "$@" "CANDOR_ACCOUNTS_MASTER_KEY: $(key)" "CANDOR_ACCOUNTS_SERVICE_KEYS: \"$keys\"" ;;
    generation) set -- "$@" "CANDOR_GENERATION_SERVICE_KEY: $generation" ;;
    validation) set -- "$@" "CANDOR_VALIDATION_MASTER_KEY: $(key)" ;;
  esac
  secret "$service-secrets" "$@"
done
secret postgresql-secrets "$passwords"
