-- Work of the server that is nobody's request: what is due, what was done and what came of it. Of the owner alone; whoever
-- serves has nothing to do with it.
CREATE TABLE clinic.job (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('audit_documents')),
    due_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    -- Why the last try came to nothing; says nothing of a patient.
    failed text,
    done_at timestamptz,
    -- Ids and counts.
    report jsonb,
    PRIMARY KEY (clinic_id, id)
);
-- Of each kind one waits for each clinic.
CREATE UNIQUE INDEX job_waiting ON clinic.job (clinic_id, kind) WHERE done_at IS NULL;
ALTER TABLE clinic.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.job FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.job TO wattle_owner USING (true);
