-- Guards of the audit log in PostgreSQL, 14 or later.
--
-- They make it hard to change the log by accident or in passing. They are not the proof: whoever owns the tables may
-- also drop them. The proof is the signed heads kept elsewhere. `db check` compares the definition of every trigger,
-- the text, language and search path of its function, and that it is enabled, with what stands here.
--
-- Every trigger is enabled ALWAYS, so that it also fires in a session that plays a replica. To run this file by hand,
-- be in the schema of the ledger and in one transaction; running it again mends what was altered.

-- The functions find the tables of this schema and no others, not even temporary ones of the same names.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- What is written is never changed, removed or emptied.
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'integrity_constraint_violation',
        MESSAGE = TG_TABLE_NAME || ' is append-only';
END;
$$;

-- An entry has the next index.
CREATE OR REPLACE FUNCTION audit_leaf_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx), -1) + 1 FROM audit_leaf) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_leaf takes only the next index';
    END IF;
    RETURN NEW;
END;
$$;

-- The head only moves forward, and only to where the entries are.
CREATE OR REPLACE FUNCTION audit_tree_forward() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.id IS DISTINCT FROM OLD.id
        OR NEW.size <= OLD.size
        OR NEW.size IS DISTINCT FROM (SELECT coalesce(max(idx), -1) + 1 FROM audit_leaf)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_tree only moves forward';
    END IF;
    RETURN NEW;
END;
$$;

-- There is one head, and it begins with an empty log.
CREATE OR REPLACE FUNCTION audit_tree_first() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.id IS DISTINCT FROM 1
        OR NEW.size IS DISTINCT FROM 0
        OR length(NEW.frontier) IS DISTINCT FROM 0
        OR EXISTS (SELECT 1 FROM audit_tree)
        OR EXISTS (SELECT 1 FROM audit_leaf)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_tree has one row';
    END IF;
    RETURN NEW;
END;
$$;

-- A tile is the next one of its level.
CREATE OR REPLACE FUNCTION audit_tile_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx), -1) + 1 FROM audit_tile WHERE level = NEW.level) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_tile takes only the next index of its level';
    END IF;
    RETURN NEW;
END;
$$;

-- A checkpoint has the next number, is not older than the one before and not ahead of the log.
CREATE OR REPLACE FUNCTION audit_checkpoint_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), -1) + 1 FROM audit_checkpoint)
        OR NEW.size < (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
        OR NEW.size > (SELECT coalesce(max(size), 0) FROM audit_tree)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_checkpoint takes only the next number';
    END IF;
    RETURN NEW;
END;
$$;

-- A record of an anchor has the next number and names a checkpoint that exists.
CREATE OR REPLACE FUNCTION audit_anchor_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), -1) + 1 FROM audit_anchor)
        OR NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE number = NEW.checkpoint)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'audit_anchor takes only the next number';
    END IF;
    RETURN NEW;
END;
$$;

-- The entries.
CREATE OR REPLACE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_update;
CREATE OR REPLACE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_delete;
CREATE OR REPLACE TRIGGER audit_leaf_no_truncate BEFORE TRUNCATE ON audit_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_no_truncate;
CREATE OR REPLACE TRIGGER audit_leaf_next_only BEFORE INSERT ON audit_leaf
    FOR EACH ROW EXECUTE FUNCTION audit_leaf_next();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_leaf_next_only;

-- The head.
CREATE OR REPLACE TRIGGER audit_tree_forward_only BEFORE UPDATE ON audit_tree
    FOR EACH ROW EXECUTE FUNCTION audit_tree_forward();
ALTER TABLE audit_tree ENABLE ALWAYS TRIGGER audit_tree_forward_only;
CREATE OR REPLACE TRIGGER audit_tree_no_delete BEFORE DELETE ON audit_tree
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tree ENABLE ALWAYS TRIGGER audit_tree_no_delete;
CREATE OR REPLACE TRIGGER audit_tree_no_truncate BEFORE TRUNCATE ON audit_tree
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tree ENABLE ALWAYS TRIGGER audit_tree_no_truncate;
CREATE OR REPLACE TRIGGER audit_tree_first_only BEFORE INSERT ON audit_tree
    FOR EACH ROW EXECUTE FUNCTION audit_tree_first();
ALTER TABLE audit_tree ENABLE ALWAYS TRIGGER audit_tree_first_only;

-- The tiles.
CREATE OR REPLACE TRIGGER audit_tile_no_update BEFORE UPDATE ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER audit_tile_no_update;
CREATE OR REPLACE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER audit_tile_no_delete;
CREATE OR REPLACE TRIGGER audit_tile_no_truncate BEFORE TRUNCATE ON audit_tile
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER audit_tile_no_truncate;
CREATE OR REPLACE TRIGGER audit_tile_next_only BEFORE INSERT ON audit_tile
    FOR EACH ROW EXECUTE FUNCTION audit_tile_next();
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER audit_tile_next_only;

-- The checkpoints.
CREATE OR REPLACE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_no_update;
CREATE OR REPLACE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_no_delete;
CREATE OR REPLACE TRIGGER audit_checkpoint_no_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_no_truncate;
CREATE OR REPLACE TRIGGER audit_checkpoint_next_only BEFORE INSERT ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_next();
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_next_only;

-- The records of anchors.
CREATE OR REPLACE TRIGGER audit_anchor_no_update BEFORE UPDATE ON audit_anchor
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_no_update;
CREATE OR REPLACE TRIGGER audit_anchor_no_delete BEFORE DELETE ON audit_anchor
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_no_delete;
CREATE OR REPLACE TRIGGER audit_anchor_no_truncate BEFORE TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_no_truncate;
CREATE OR REPLACE TRIGGER audit_anchor_next_only BEFORE INSERT ON audit_anchor
    FOR EACH ROW EXECUTE FUNCTION audit_anchor_next();
ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_next_only;
