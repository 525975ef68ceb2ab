-- The database and role of Genesis, for an administrator of the server to run once:
--   psql -v password="'...'" -f migrations/genesis/database.sql
-- The role owns its database and nothing else. Nobody else may connect to it; whether others' databases let this role
-- connect is theirs to say (REVOKE CONNECT ON DATABASE other FROM PUBLIC), and no table of theirs is readable for it.
\set ON_ERROR_STOP on
CREATE ROLE genesis LOGIN PASSWORD :password NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE DATABASE genesis OWNER genesis ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE genesis FROM PUBLIC;
