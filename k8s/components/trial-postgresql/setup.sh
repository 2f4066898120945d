#!/bin/sh
# The first start of the trial's PostgreSQL: a database for each service, with the passwords of the secret.
set -eu
for service in accounts documents generation validation; do
  psql --no-psqlrc -U "${POSTGRES_USER:-postgres}" -d postgres -q -v service="$service" \
    -v password="$(cat "${SECRETS:-/run/secrets}/$service")" \
    -v migrations_password="$(cat "${SECRETS:-/run/secrets}/${service}_migrations")" \
    -f "$(dirname "$0")/../roles/database.sql"
done
