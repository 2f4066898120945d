-- A service's database, made by an administrator before the service is first installed, on any PostgreSQL 15 or later
-- with pgvector: `<service>_migrations` owns the tables, `<service>` reads and writes rows and can do no more.
-- psql -v service=accounts -v password=… -v migrations_password=… -f database.sql
\set ON_ERROR_STOP on
\set owner :service _migrations
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS', name)
  FROM unnest(ARRAY[:'service', :'owner']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"service" PASSWORD :'password';
ALTER ROLE :"owner" PASSWORD :'migrations_password';
-- Managed servers' administrators are no superusers: they act for a role that they are members of.
GRANT :"owner" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'service', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
\connect :"service"
CREATE EXTENSION IF NOT EXISTS vector;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"service";
