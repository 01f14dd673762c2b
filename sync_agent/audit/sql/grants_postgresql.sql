-- What each role of a ledger in PostgreSQL may do. `db upgrade` runs this at its end, as the owner; a DBA may run it at
-- any time, in the schema of the ledger: it first takes everything away, so running it again mends what was altered.

REVOKE ALL ON
    audit_leaf, audit_tree, audit_tile, audit_checkpoint, audit_anchor, audit_erasable, alembic_version,
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case, request, account, access_log, notice, tally
    FROM PUBLIC, sync_agent_writer, sync_agent_auditor, sync_agent_web;

-- The agent: the log only grows. Its head moves on; owners of secrets are renamed by a rekey; an erasure deletes.
GRANT SELECT, INSERT ON audit_leaf, audit_tile, audit_checkpoint, audit_anchor TO sync_agent_writer;
GRANT SELECT, INSERT, UPDATE ON audit_tree TO sync_agent_writer;
GRANT SELECT, INSERT, DELETE, UPDATE (source_id, case_key) ON audit_erasable TO sync_agent_writer;
GRANT SELECT ON alembic_version TO sync_agent_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case, request, account, notice, tally
    TO sync_agent_writer;
GRANT SELECT, INSERT ON access_log TO sync_agent_writer;
GRANT USAGE ON case_state_id_seq, message_id_seq, finding_id_seq, run_id_seq, request_id_seq, access_log_id_seq
    TO sync_agent_writer;

-- An inspector and the pages: everything but the secrets and notes themselves.
GRANT SELECT ON
    audit_leaf, audit_tree, audit_tile, audit_checkpoint, audit_anchor, alembic_version,
    environment, source_state, case_state, message, finding, case_group, policy_signature, lane, run, write_back,
    erased_case, access_log, notice, tally
    TO sync_agent_auditor, sync_agent_web;
GRANT SELECT (source_id, case_key, kind, commitment, number) ON audit_erasable TO sync_agent_auditor, sync_agent_web;

-- What was asked, but not the notes that came with it; who may open the pages, but only they see the passwords' hashes.
GRANT SELECT (id, kind, content, actor, database_role, asked_at, seen_at, begun_at, ended_at, state, run, stage, done,
    total, result) ON request TO sync_agent_auditor, sync_agent_web;
GRANT SELECT (name, role, agencies, created_at, disabled_at, version) ON account TO sync_agent_auditor;
GRANT SELECT ON account TO sync_agent_web;

-- The pages write nothing but what people ask of the service and who looked at what. Under whose role something is asked,
-- and how far it is, is not theirs to say.
GRANT INSERT (kind, content, note, actor, asked_at, done) ON request TO sync_agent_web;
GRANT INSERT ON access_log TO sync_agent_web;
GRANT USAGE ON request_id_seq, access_log_id_seq TO sync_agent_web;
