-- The role that the ledger writes with, and that owns its database: no superuser. Run when the volume is first made; a volume
-- that is older keeps the owner that it has, who was the server's superuser.
-- The password comes from the environment, so that no process list shows it.
\set ON_ERROR_STOP on
\getenv password LEDGER_POSTGRES_PASSWORD
CREATE ROLE pm_arb LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
ALTER DATABASE pm_arb OWNER TO pm_arb;
