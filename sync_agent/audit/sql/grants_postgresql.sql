-- What each role of a ledger in PostgreSQL may do. `db upgrade` runs this at its end, as the owner; a DBA may run it at
-- any time, in the schema of the ledger: it first takes everything away, so running it again mends what was altered.

REVOKE ALL ON
    audit_leaf, audit_tree, audit_tile, audit_checkpoint, audit_anchor, audit_erasable, alembic_version,
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case
    FROM PUBLIC, sync_agent_writer, sync_agent_auditor, sync_agent_web;

-- The agent: the log only grows. Its head moves on; owners of secrets are renamed by a rekey; an erasure deletes.
GRANT SELECT, INSERT ON audit_leaf, audit_tile, audit_checkpoint, audit_anchor TO sync_agent_writer;
GRANT SELECT, INSERT, UPDATE ON audit_tree TO sync_agent_writer;
GRANT SELECT, INSERT, DELETE, UPDATE (source_id, case_key) ON audit_erasable TO sync_agent_writer;
GRANT SELECT ON alembic_version TO sync_agent_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case
    TO sync_agent_writer;
GRANT USAGE ON case_state_id_seq, message_id_seq, finding_id_seq, run_id_seq TO sync_agent_writer;

-- An inspector and the pages: everything but the secrets and notes themselves.
GRANT SELECT ON
    audit_leaf, audit_tree, audit_tile, audit_checkpoint, audit_anchor, alembic_version,
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case
    TO sync_agent_auditor, sync_agent_web;
GRANT SELECT (source_id, case_key, kind, commitment, number) ON audit_erasable TO sync_agent_auditor, sync_agent_web;

-- The pages write nothing but what people ask of the service and who looked at what. Those tables are granted here:
-- GRANT INSERT ON ... TO sync_agent_web;
