-- The keys of workstations' files, wrapped by a key that rests elsewhere: for people of the same profile who are new at a
-- workstation, and for a dead one's unsent work.

CREATE TABLE clinic.data_key (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    profile text NOT NULL,
    -- The name of the key that wrapped it.
    kms_key text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT data_key_workstation FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX data_key_of ON clinic.data_key (clinic_id, workstation_id, profile);
ALTER TABLE clinic.data_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.data_key FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.data_key TO wattle_owner USING (true);
CREATE POLICY app_here ON clinic.data_key TO wattle_app USING (clinic_id = (SELECT sync.current_clinic()));
GRANT SELECT, INSERT, DELETE ON clinic.data_key TO wattle_app;
