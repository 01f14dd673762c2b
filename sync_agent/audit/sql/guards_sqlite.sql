-- Guards of the audit log in SQLite.
--
-- They make it hard to change the log by accident or in passing. They are not the proof: whoever may write the
-- database may also drop them. The proof is the signed heads kept elsewhere. `db check` compares these statements
-- with the ones in the database, word for word.
--
-- INSERT OR REPLACE removes the old row without firing a DELETE trigger. So every INSERT is refused unless its index
-- is the next one: a row that exists can then never be the target of an INSERT.

-- An entry is never changed.
CREATE TRIGGER audit_leaf_no_update BEFORE UPDATE ON audit_leaf
BEGIN
    SELECT RAISE(ABORT, 'audit_leaf is append-only');
END;

-- An entry is never removed.
CREATE TRIGGER audit_leaf_no_delete BEFORE DELETE ON audit_leaf
BEGIN
    SELECT RAISE(ABORT, 'audit_leaf is append-only');
END;

-- An entry has the next index, and bytes where bytes belong.
CREATE TRIGGER audit_leaf_next_only BEFORE INSERT ON audit_leaf
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx), -1) + 1 FROM audit_leaf)
    OR typeof(NEW.entry) <> 'blob'
    OR typeof(NEW.leaf_hash) <> 'blob'
BEGIN
    SELECT RAISE(ABORT, 'audit_leaf takes only the next index');
END;

-- The head only moves forward, and only to where the entries are.
CREATE TRIGGER audit_tree_forward_only BEFORE UPDATE ON audit_tree
WHEN NEW.id IS NOT OLD.id
    OR NEW.size <= OLD.size
    OR NEW.size IS NOT (SELECT coalesce(max(idx), -1) + 1 FROM audit_leaf)
    OR typeof(NEW.frontier) <> 'blob'
BEGIN
    SELECT RAISE(ABORT, 'audit_tree only moves forward');
END;

-- The head is never removed.
CREATE TRIGGER audit_tree_no_delete BEFORE DELETE ON audit_tree
BEGIN
    SELECT RAISE(ABORT, 'audit_tree is never removed');
END;

-- There is one head, and it begins with an empty log.
CREATE TRIGGER audit_tree_first_only BEFORE INSERT ON audit_tree
WHEN NEW.id IS NOT 1
    OR NEW.size IS NOT 0
    OR NEW.frontier IS NOT x''
    OR EXISTS (SELECT 1 FROM audit_tree)
    OR EXISTS (SELECT 1 FROM audit_leaf)
BEGIN
    SELECT RAISE(ABORT, 'audit_tree has one row');
END;

-- A tile is never changed.
CREATE TRIGGER audit_tile_no_update BEFORE UPDATE ON audit_tile
BEGIN
    SELECT RAISE(ABORT, 'audit_tile is append-only');
END;

-- A tile is never removed.
CREATE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile
BEGIN
    SELECT RAISE(ABORT, 'audit_tile is append-only');
END;

-- A tile is the next one of its level.
CREATE TRIGGER audit_tile_next_only BEFORE INSERT ON audit_tile
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx), -1) + 1 FROM audit_tile WHERE level IS NEW.level)
    OR typeof(NEW.hashes) <> 'blob'
BEGIN
    SELECT RAISE(ABORT, 'audit_tile takes only the next index of its level');
END;

-- A checkpoint is never changed.
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'audit_checkpoint is append-only');
END;

-- A checkpoint is never removed.
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'audit_checkpoint is append-only');
END;

-- A checkpoint has the next number, is not older than the one before and not ahead of the log.
CREATE TRIGGER audit_checkpoint_next_only BEFORE INSERT ON audit_checkpoint
WHEN NEW.number IS NOT (SELECT coalesce(max(number), -1) + 1 FROM audit_checkpoint)
    OR NEW.size < (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
    OR NEW.size > (SELECT coalesce(max(size), 0) FROM audit_tree)
    OR typeof(NEW.root) <> 'blob'
    OR typeof(NEW.note) <> 'blob'
BEGIN
    SELECT RAISE(ABORT, 'audit_checkpoint takes only the next number');
END;

-- A record of an anchor is never changed.
CREATE TRIGGER audit_anchor_no_update BEFORE UPDATE ON audit_anchor
BEGIN
    SELECT RAISE(ABORT, 'audit_anchor is append-only');
END;

-- A record of an anchor is never removed.
CREATE TRIGGER audit_anchor_no_delete BEFORE DELETE ON audit_anchor
BEGIN
    SELECT RAISE(ABORT, 'audit_anchor is append-only');
END;

-- A record of an anchor has the next number and names a checkpoint that exists.
CREATE TRIGGER audit_anchor_next_only BEFORE INSERT ON audit_anchor
WHEN NEW.number IS NOT (SELECT coalesce(max(number), -1) + 1 FROM audit_anchor)
    OR NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE number = NEW.checkpoint)
BEGIN
    SELECT RAISE(ABORT, 'audit_anchor takes only the next number');
END;
