-- The simulator's own state. It holds invented data only, so bodies are kept as they came.

-- one row per case (vụ việc); token = the value of its line "Mã liên thông", content = NoiDungDon
CREATE TABLE IF NOT EXISTS cases (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    account TEXT NOT NULL,
    content TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) WITHOUT ROWID;

-- one row per record of a later step; id is empty for steps that bring no Id of their own
CREATE TABLE IF NOT EXISTS steps (
    seq INTEGER PRIMARY KEY,
    step TEXT NOT NULL,
    id TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    parent_id TEXT NOT NULL,
    number TEXT NOT NULL,
    account TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS steps_of_case ON steps (case_id, step);

-- petitions linked to a case that another petition opened
CREATE TABLE IF NOT EXISTS links (
    seq INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    token TEXT NOT NULL,
    account TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL
);

-- every creation, never an update: two rows of one (step, identity) are a duplicate
CREATE TABLE IF NOT EXISTS creations (
    seq INTEGER PRIMARY KEY,
    created_at REAL NOT NULL,
    action TEXT NOT NULL,
    step TEXT NOT NULL,
    case_id TEXT NOT NULL,
    id TEXT NOT NULL,
    identity TEXT NOT NULL,
    digest TEXT NOT NULL
);

-- every request to an action, whatever became of it; body is NULL when bodies are not kept
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY,
    received_at REAL NOT NULL,
    action TEXT NOT NULL,
    account TEXT NOT NULL,
    fault TEXT NOT NULL,
    body BLOB
);
