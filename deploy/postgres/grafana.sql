-- The role that Grafana reads the ledger with: it may look at every table and change none. Run when the volume is first made;
-- on one that is there already, and to change its password:
--   docker compose exec postgres psql --username postgres --dbname pm_arb --file /docker-entrypoint-initdb.d/grafana.sql
-- (`--username pm_arb` where the volume is older than that role: there it is the superuser.)
-- The password comes from the environment, so that no process list shows it.
\set ON_ERROR_STOP on
\getenv password GRAFANA_POSTGRES_PASSWORD
SELECT 'CREATE ROLE grafana LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana WITH NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 10 PASSWORD :'password';
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '10s';
ALTER ROLE grafana SET timezone = 'UTC';
GRANT USAGE ON SCHEMA public TO grafana;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO grafana;
-- The ledger makes its tables later, and anew with each rebuild.
ALTER DEFAULT PRIVILEGES FOR ROLE pm_arb IN SCHEMA public GRANT SELECT ON TABLES TO grafana;
