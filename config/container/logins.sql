-- One login for each use of the ledger, in the roles of roles_postgresql.sql. PostgreSQL's image runs this once, when the
-- database is made; each password is the one line of a secret.
\set ON_ERROR_STOP on
\set owner `cat /run/secrets/ledger_owner`
\set agent `cat /run/secrets/ledger_agent`
\set web `cat /run/secrets/ledger_web`
CREATE ROLE so_owner LOGIN PASSWORD :'owner' IN ROLE sync_agent_owner;
CREATE ROLE so_agent LOGIN PASSWORD :'agent' IN ROLE sync_agent_writer;
CREATE ROLE so_web LOGIN PASSWORD :'web' IN ROLE sync_agent_web;
