-- Roles of a ledger in PostgreSQL, 14 or later. Run once, as administrator, in the database and schema of the ledger:
--
--     psql --dbname LEDGER --single-transaction --set ON_ERROR_STOP=1 --file roles_postgresql.sql
--
-- Then make one login for each use, with a password or a certificate of its own, and put it into its role:
--
--     CREATE ROLE so_owner LOGIN IN ROLE sync_agent_owner;     -- `db upgrade` only: agent.ledger_owner
--     CREATE ROLE so_agent LOGIN IN ROLE sync_agent_writer;    -- the agent: the user in agent.ledger_url
--     CREATE ROLE so_audit LOGIN IN ROLE sync_agent_auditor;   -- an inspector
--
-- What each role may do on each table is in grants_postgresql.sql, which `db upgrade` runs at its end. Whoever owns the
-- tables may drop their guards: so the agent does not, and nobody works as the owner but for an upgrade. Running this
-- file again does no harm.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['sync_agent_owner', 'sync_agent_writer', 'sync_agent_auditor', 'sync_agent_web'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- of another ledger on this server
        END;
    END LOOP;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO sync_agent_owner', current_schema());
    EXECUTE format(
        'GRANT USAGE ON SCHEMA %I TO sync_agent_writer, sync_agent_auditor, sync_agent_web', current_schema()
    );
END;
$$;

-- A ledger that was made without roles changes its owner.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('ALTER TABLE %I OWNER TO sync_agent_owner', found.name);
    END LOOP;
    FOR found IN
        SELECT p.proname AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema() AND p.proname LIKE 'audit\_%'
    LOOP
        EXECUTE format('ALTER FUNCTION %I() OWNER TO sync_agent_owner', found.name);
    END LOOP;
END;
$$;
