-- Which file numbered a command, how far each file has numbered, and where each file was when it last said so.

ALTER TABLE clinic.command_log ADD COLUMN replica_id uuid;
-- A number that comes again under another command's id tells of two copies of one file.
CREATE INDEX command_log_number ON clinic.command_log (clinic_id, workstation_id, replica_id, n);
DROP INDEX clinic.command_log_n;

-- Files of protocol 1 have no id of their own; their numbers stay in clinic.workstation.
CREATE TABLE clinic.workstation_replica (
    clinic_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    replica_id uuid NOT NULL,
    last_n bigint NOT NULL,
    PRIMARY KEY (clinic_id, workstation_id, replica_id),
    CONSTRAINT workstation_replica_workstation FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);

-- Written at each session: what may be compacted waits for the slowest file, and support sees who is behind.
CREATE TABLE clinic.workstation_cursor (
    clinic_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    -- All zeros for a file of protocol 1.
    replica_id uuid NOT NULL,
    class text NOT NULL,
    seq bigint NOT NULL,
    -- Numbers of another epoch say nothing about this one.
    epoch text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, workstation_id, replica_id, class),
    CONSTRAINT workstation_cursor_workstation FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX workstation_cursor_feed ON clinic.workstation_cursor (clinic_id, class, seq);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['workstation_replica', 'workstation_cursor'] LOOP
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE clinic.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner_all ON clinic.%I TO wattle_owner USING (true)', t);
        EXECUTE format('CREATE POLICY app_here ON clinic.%I TO wattle_app
            USING (clinic_id = (SELECT sync.current_clinic()))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON clinic.workstation_replica TO wattle_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.workstation_cursor TO wattle_app;
