-- Roles and database of CJeune on a PostgreSQL server of your own (16 or newer; 15 works).
-- Run with psql, as a superuser, connected to any database; a second run changes only passwords:
--
--   CJEUNE_OWNER_PASSWORD=… CJEUNE_APP_PASSWORD=… psql -f deploy/postgresql/roles.sql postgres
--
-- cjeune_owner owns tables and functions and is used by `cjeune db upgrade` alone. cjeune_app is what
-- the service runs as: it reads, calls the money functions, and can neither write, change nor remove
-- an operation (cardservice/db/sql/rights.sql, applied at each upgrade).
-- The names are fixed: rights.sql names the roles and the database.

\set ON_ERROR_STOP on
\getenv owner_password CJEUNE_OWNER_PASSWORD
\getenv app_password CJEUNE_APP_PASSWORD

-- The server's log must not keep the passwords below.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SET password_encryption = 'scram-sha-256';

SELECT 'CREATE ROLE ' || role
FROM unnest(ARRAY['cjeune_owner', 'cjeune_app']) AS wanted (role)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

ALTER ROLE cjeune_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'owner_password';
ALTER ROLE cjeune_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'app_password';

SELECT 'CREATE DATABASE cjeune OWNER cjeune_owner TEMPLATE template0 ENCODING ''UTF8'''
       ' LC_COLLATE ''C.UTF-8'' LC_CTYPE ''C.UTF-8'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'cjeune')
\gexec

-- Nobody else enters, and nobody but the owner creates anything that could stand before our tables.
REVOKE ALL ON DATABASE cjeune FROM PUBLIC;
GRANT CONNECT ON DATABASE cjeune TO cjeune_app;

\connect cjeune
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
