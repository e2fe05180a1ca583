-- The audit chain, counters, the command log and what could not be decided.

CREATE TABLE clinic.audit_head (
    clinic_id uuid PRIMARY KEY,
    hash text NOT NULL,
    entries bigint NOT NULL
);

-- The hash of an entry covers all that it says and the hash before it. JSON text, so that no two entries read alike.
CREATE FUNCTION clinic.audit_hash(e clinic.audit_event) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(convert_to(json_build_array(e.prev_hash, e.clinic_id, e.id,
        (date_part('epoch', e.at) * 1000)::bigint, e.user_id, e.role, e.workstation_id, e.action, e.command_id,
        e.patient_id, e.outcome, e.changes)::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION clinic.chain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO clinic.audit_head (clinic_id, hash, entries) VALUES (NEW.clinic_id, '', 0) ON CONFLICT DO NOTHING;
    SELECT hash INTO STRICT NEW.prev_hash FROM clinic.audit_head WHERE clinic_id = NEW.clinic_id FOR UPDATE;
    NEW.hash := clinic.audit_hash(NEW);
    UPDATE clinic.audit_head SET hash = NEW.hash, entries = entries + 1 WHERE clinic_id = NEW.clinic_id;
    RETURN NEW;
END $$;
-- After a_stamp: triggers fire in the order of their names.
CREATE TRIGGER b_chain BEFORE INSERT ON clinic.audit_event FOR EACH ROW EXECUTE FUNCTION clinic.chain_audit();
ALTER TABLE clinic.audit_event ENABLE ALWAYS TRIGGER b_chain;

-- Whoever acts is logged, also when their roles would not let them read the log.
DROP POLICY app_insert ON clinic.audit_event;
CREATE POLICY app_insert ON clinic.audit_event FOR INSERT TO wattle_app
    WITH CHECK (clinic_id = (SELECT sync.current_clinic()));
-- An importer has no business in the log.
REVOKE INSERT ON clinic.audit_event FROM wattle_migrator;

-- The first broken link of a clinic's chain, or no row. Walks by hashes, so that no order of ids is believed.
CREATE FUNCTION clinic.verify_audit(clinic uuid) RETURNS TABLE (entry uuid, why text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last text := '';
    e clinic.audit_event;
    walked bigint := 0;
BEGIN
    LOOP
        SELECT * INTO e FROM clinic.audit_event a WHERE a.clinic_id = clinic AND a.prev_hash = last;
        EXIT WHEN NOT FOUND;
        IF clinic.audit_hash(e) <> e.hash THEN
            RETURN QUERY SELECT e.id, 'was altered'; RETURN;
        END IF;
        last := e.hash;
        walked := walked + 1;
    END LOOP;
    IF walked <> coalesce((SELECT h.entries FROM clinic.audit_head h WHERE h.clinic_id = clinic), 0) THEN
        RETURN QUERY SELECT e2.id, 'what follows is missing' FROM clinic.audit_event e2
            WHERE e2.clinic_id = clinic AND e2.hash = last;
        IF NOT FOUND THEN
            RETURN QUERY SELECT NULL::uuid, 'the first entry is missing';
        END IF;
    END IF;
END $$;

CREATE TABLE clinic.counter (
    clinic_id uuid NOT NULL,
    name text NOT NULL,
    value bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (clinic_id, name)
);

-- Raises the locked counter until the number is free: numbers that came with an import are stepped over.
CREATE FUNCTION clinic.next_record_number() RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here constant uuid := nullif(current_setting('wattle.clinic', true), '')::uuid;
    number bigint;
BEGIN
    INSERT INTO clinic.counter AS c (clinic_id, name, value) VALUES (here, 'record_number', 1)
    ON CONFLICT (clinic_id, name) DO UPDATE SET value = c.value + 1 RETURNING value INTO number;
    IF EXISTS (SELECT FROM clinic.patient WHERE clinic_id = here AND record_number = number::text) THEN
        SELECT greatest(number, max(record_number::bigint)) + 1 INTO number FROM clinic.patient
        WHERE clinic_id = here AND record_number ~ '^[0-9]{1,12}$';
        UPDATE clinic.counter SET value = number WHERE clinic_id = here AND name = 'record_number';
    END IF;
    RETURN number::text;
END $$;
GRANT EXECUTE ON FUNCTION clinic.next_record_number() TO wattle_app, wattle_migrator;

-- Every command with its verdict, and the author's signature as proof.
CREATE TABLE clinic.command_log (
    clinic_id uuid NOT NULL,
    command_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    n bigint NOT NULL,
    author_id uuid NOT NULL,
    name text NOT NULL,
    payload text NOT NULL,
    payload_hash bytea NOT NULL CHECK (length(payload_hash) = 32),
    signature bytea NOT NULL,
    verdict jsonb NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, command_id)
);
CREATE INDEX command_log_n ON clinic.command_log (clinic_id, workstation_id, n);

-- How often a command has made the server fail.
CREATE TABLE clinic.command_fault (
    clinic_id uuid NOT NULL,
    command_id uuid NOT NULL,
    payload_hash bytea NOT NULL,
    faults integer NOT NULL DEFAULT 1,
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, command_id, payload_hash)
);

-- Commands that could not be decided, whole: somebody must look.
CREATE TABLE clinic.quarantine (
    clinic_id uuid NOT NULL,
    command_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    delivered_by uuid NOT NULL,
    payload text NOT NULL,
    signature text NOT NULL,
    -- A code or SQLSTATE; never a message, which could hold a patient's data.
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    PRIMARY KEY (clinic_id, command_id)
);

-- Where every imported row came from; written by fm-migrate.
CREATE TABLE clinic.migration_map (
    clinic_id uuid NOT NULL,
    source_file text NOT NULL,
    source_table text NOT NULL,
    source_key text NOT NULL,
    table_name text NOT NULL,
    row_id uuid NOT NULL,
    row_hash text NOT NULL,
    run_id uuid NOT NULL,
    PRIMARY KEY (clinic_id, table_name, row_id)
);
CREATE INDEX migration_map_source ON clinic.migration_map
    (clinic_id, source_file, source_table, source_key, table_name);

-- RLS over all of these and over the tables of 0002 and 0003.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT n.nspname, c.relname,
            EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'clinic_id'
                AND c.relname <> 'sign_in_attempt') AS of_clinic
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND NOT c.relrowsecurity
          AND (n.nspname = 'clinic' OR n.nspname = 'sync' AND c.relname <> 'schema_migration')
    LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', t.nspname, t.relname);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', t.nspname, t.relname);
        EXECUTE format('CREATE POLICY owner_all ON %I.%I TO wattle_owner USING (true)', t.nspname, t.relname);
        IF t.nspname = 'clinic' THEN
            EXECUTE format('CREATE POLICY app_here ON clinic.%I TO wattle_app USING (%s)', t.relname,
                CASE WHEN t.of_clinic THEN '(clinic_id = (SELECT sync.current_clinic()))' ELSE 'true' END);
        END IF;
    END LOOP;
    FOR t IN SELECT unnest(ARRAY['feed', 'change', 'commit']) AS relname LOOP
        EXECUTE format('CREATE POLICY app_read ON sync.%I FOR SELECT TO wattle_app USING
            (clinic_id = (SELECT sync.current_clinic()) AND class = ANY ((SELECT sync.granted_classes())::text[]))',
            t.relname);
        EXECUTE format('GRANT SELECT ON sync.%I TO wattle_app', t.relname);
    END LOOP;
END $$;

GRANT SELECT ON clinic.role_class, clinic.role_grant, clinic.user_account, clinic.user_role TO wattle_app;
GRANT SELECT, INSERT, UPDATE ON clinic.workstation, clinic.signing_key, clinic.sign_in_attempt, clinic.command_fault
    TO wattle_app;
GRANT SELECT, UPDATE ON clinic.enrolment_code TO wattle_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.token TO wattle_app;
GRANT SELECT, INSERT ON clinic.command_log, clinic.quarantine TO wattle_app;

CREATE POLICY migrator_here ON clinic.migration_map TO wattle_migrator
    USING (clinic_id = (SELECT sync.current_clinic()));
GRANT SELECT, INSERT, UPDATE ON clinic.migration_map TO wattle_migrator;
CREATE POLICY migrator_here ON clinic.counter TO wattle_migrator
    USING (clinic_id = (SELECT sync.current_clinic()));
GRANT SELECT, INSERT, UPDATE ON clinic.counter TO wattle_migrator;
