-- Acts that are no commands: sign-ins and their failures, changes of accounts, roles and workstations, keys given out.
-- A log and a chain of their own, beside that of the commands, which also says now when an act was done.

ALTER TABLE clinic.audit_event ADD COLUMN issued_at timestamptz;

-- Entries from before have no `issued_at`, and their hashes stay as they are.
CREATE OR REPLACE FUNCTION clinic.audit_hash(e clinic.audit_event) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF e.issued_at IS NULL THEN
        RETURN encode(sha256(convert_to(json_build_array(e.prev_hash, e.clinic_id, e.id,
            (date_part('epoch', e.at) * 1000)::bigint, e.user_id, e.role, e.workstation_id, e.action, e.command_id,
            e.patient_id, e.outcome, e.changes)::text, 'UTF8')), 'hex');
    END IF;
    RETURN encode(sha256(convert_to(json_build_array(e.prev_hash, e.clinic_id, e.id,
        (date_part('epoch', e.at) * 1000)::bigint, e.user_id, e.role, e.workstation_id, e.action, e.command_id,
        e.patient_id, e.outcome, e.changes, (date_part('epoch', e.issued_at) * 1000)::bigint)::text, 'UTF8')), 'hex');
END $$;

CREATE TABLE clinic.access_event (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    at timestamptz NOT NULL,
    user_id uuid,
    workstation_id uuid,
    action text NOT NULL,
    subject_id uuid,
    patient_id uuid,
    reason text,
    detail jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT access_event_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);
-- A fork of the chain cannot be written.
CREATE UNIQUE INDEX access_event_chain ON clinic.access_event (clinic_id, prev_hash);

CREATE FUNCTION clinic.audit_hash(e clinic.access_event) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN encode(sha256(convert_to(json_build_array(e.prev_hash, e.clinic_id, e.id,
        (date_part('epoch', e.at) * 1000)::bigint, e.user_id, e.workstation_id, e.action, e.subject_id, e.patient_id,
        e.reason, e.detail)::text, 'UTF8')), 'hex');
END $$;

-- Each log has its own head, so that a sign-in never waits for a push.
ALTER TABLE clinic.audit_head ADD COLUMN log text NOT NULL DEFAULT 'audit_event';
ALTER TABLE clinic.audit_head ALTER COLUMN log DROP DEFAULT;
ALTER TABLE clinic.audit_head DROP CONSTRAINT audit_head_pkey;
ALTER TABLE clinic.audit_head ADD PRIMARY KEY (clinic_id, log);

CREATE OR REPLACE FUNCTION clinic.chain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT h.hash INTO NEW.prev_hash FROM clinic.audit_head h
    WHERE h.clinic_id = NEW.clinic_id AND h.log = TG_TABLE_NAME FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO clinic.audit_head (clinic_id, log, hash, entries) VALUES (NEW.clinic_id, TG_TABLE_NAME, '', 0)
        ON CONFLICT DO NOTHING;
        SELECT h.hash INTO STRICT NEW.prev_hash FROM clinic.audit_head h
        WHERE h.clinic_id = NEW.clinic_id AND h.log = TG_TABLE_NAME FOR UPDATE;
    END IF;
    NEW.hash := clinic.audit_hash(NEW);
    UPDATE clinic.audit_head SET hash = NEW.hash, entries = entries + 1
    WHERE clinic_id = NEW.clinic_id AND log = TG_TABLE_NAME;
    RETURN NEW;
END $$;

SELECT clinic.enlist('access_event', 'admin', 'append_only');
-- After a_stamp: triggers fire in the order of their names.
CREATE TRIGGER b_chain BEFORE INSERT ON clinic.access_event FOR EACH ROW EXECUTE FUNCTION clinic.chain_audit();
ALTER TABLE clinic.access_event ENABLE ALWAYS TRIGGER b_chain;
DROP POLICY app_insert ON clinic.access_event;
CREATE POLICY app_insert ON clinic.access_event FOR INSERT TO wattle_app
    WITH CHECK (clinic_id = (SELECT sync.current_clinic()));
REVOKE INSERT ON clinic.access_event FROM wattle_migrator;

DROP FUNCTION clinic.verify_audit(uuid);
-- The first broken link of one of a clinic's chains, or no row. Walks by hashes, so that no order of ids is believed.
CREATE FUNCTION clinic.verify_chain(clinic uuid, log text) RETURNS TABLE (entry uuid, why text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last text := '';
    last_id uuid;
    e record;
    walked bigint := 0;
    expected bigint;
BEGIN
    IF log NOT IN ('audit_event', 'access_event') THEN
        RAISE EXCEPTION 'no log %', log;
    END IF;
    LOOP
        EXECUTE format('SELECT id, hash, clinic.audit_hash(a) AS should FROM clinic.%I a
            WHERE a.clinic_id = $1 AND a.prev_hash = $2', log) INTO e USING clinic, last;
        EXIT WHEN e.id IS NULL;
        IF e.should <> e.hash THEN
            RETURN QUERY SELECT e.id, 'was altered'; RETURN;
        END IF;
        last := e.hash;
        last_id := e.id;
        walked := walked + 1;
    END LOOP;
    SELECT h.entries INTO expected FROM clinic.audit_head h WHERE h.clinic_id = clinic AND h.log = verify_chain.log;
    IF walked <> coalesce(expected, 0) THEN
        RETURN QUERY SELECT last_id,
            CASE WHEN last_id IS NULL THEN 'the first entry is missing' ELSE 'what follows is missing' END;
    END IF;
END $$;
