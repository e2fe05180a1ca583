-- What every synced table gets beside its columns. Later migrations that add a table call clinic.enlist() for it.

-- Attribution and revision come from the transaction, never from the statement.
CREATE FUNCTION clinic.stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := date_trunc('milliseconds', now());
    NEW.updated_by := nullif(current_setting('wattle.user', true), '')::uuid;
    NEW.origin_workstation := nullif(current_setting('wattle.workstation', true), '')::uuid;
    IF TG_OP = 'INSERT' THEN
        NEW.rev := 1;
        NEW.created_at := NEW.updated_at;
        NEW.created_by := NEW.updated_by;
    ELSE
        IF (NEW.clinic_id, NEW.id) IS DISTINCT FROM (OLD.clinic_id, OLD.id) THEN
            RAISE EXCEPTION 'a row keeps its clinic and its id' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        NEW.rev := OLD.rev + 1;
        NEW.created_at := OLD.created_at;
        NEW.created_by := OLD.created_by;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION clinic.refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is not allowed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'modifying_sql_data_not_permitted';
END $$;

-- kind: 'reference' (the app only reads it), 'record' (it writes), 'append_only' (it only adds).
CREATE FUNCTION clinic.enlist(tbl text, class text, kind text) RETURNS void LANGUAGE plpgsql AS $enlist$
DECLARE
    here constant text := '(clinic_id = (SELECT sync.current_clinic()))';
    -- Asked once a query: both are uncorrelated sub-selects, so PostgreSQL runs them as InitPlans.
    granted constant text :=
        format('(%s AND %L = ANY ((SELECT sync.granted_classes())::text[]))', here, class);
BEGIN
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE clinic.%I FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY owner_here ON clinic.%I TO wattle_owner USING %s', tbl, here);
    EXECUTE format('CREATE POLICY migrator_here ON clinic.%I TO wattle_migrator USING %s', tbl, here);
    EXECUTE format('CREATE POLICY app_read ON clinic.%I FOR SELECT TO wattle_app USING %s', tbl, granted);
    EXECUTE format('GRANT SELECT ON clinic.%I TO wattle_app, wattle_migrator', tbl);
    EXECUTE format('GRANT INSERT ON clinic.%I TO wattle_migrator', tbl);
    IF kind IN ('record', 'append_only') THEN
        EXECUTE format('CREATE POLICY app_insert ON clinic.%I FOR INSERT TO wattle_app WITH CHECK %s', tbl, granted);
        EXECUTE format('GRANT INSERT ON clinic.%I TO wattle_app', tbl);
    END IF;
    IF kind = 'record' THEN
        EXECUTE format('CREATE POLICY app_update ON clinic.%I FOR UPDATE TO wattle_app USING %s WITH CHECK %s',
            tbl, granted, granted);
        EXECUTE format('GRANT UPDATE ON clinic.%I TO wattle_app', tbl);
    END IF;

    EXECUTE format('CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON clinic.%I
        FOR EACH ROW EXECUTE FUNCTION clinic.stamp()', tbl);
    -- TRUNCATE would take rows away without telling any workstation.
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON clinic.%I
        FOR EACH STATEMENT EXECUTE FUNCTION clinic.refuse_change()', tbl);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER refuse_truncate', tbl);
    EXECUTE format('CREATE TRIGGER capture_insert AFTER INSERT ON clinic.%I REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION sync.capture(%L)', tbl, class);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER capture_insert', tbl);
    IF kind = 'append_only' THEN
        EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON clinic.%I
            FOR EACH STATEMENT EXECUTE FUNCTION clinic.refuse_change()', tbl);
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER refuse_change', tbl);
        RETURN;
    END IF;
    EXECUTE format('GRANT UPDATE ON clinic.%I TO wattle_migrator', tbl);
    EXECUTE format('CREATE TRIGGER capture_update AFTER UPDATE ON clinic.%I REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION sync.capture(%L)', tbl, class);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER capture_update', tbl);
    EXECUTE format('CREATE TRIGGER capture_delete AFTER DELETE ON clinic.%I REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION sync.capture(%L)', tbl, class);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER capture_delete', tbl);
END $enlist$;
