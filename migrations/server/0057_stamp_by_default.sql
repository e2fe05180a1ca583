-- A new row is stamped by its columns' defaults, and by the function only where the statement said otherwise. Until now the function
-- was called for every row of an import, to write down what the defaults say as well: a quarter of the time of the insertion.

CREATE FUNCTION clinic.watch_stamp(tbl text) RETURNS void LANGUAGE plpgsql AS $watch$
DECLARE
    moment constant text := 'date_trunc(''milliseconds'', now())';
    who constant text := 'nullif(current_setting(''wattle.user'', true), '''')::uuid';
    place constant text := 'nullif(current_setting(''wattle.workstation'', true), '''')::uuid';
    -- A seal that is made anew is nobody's change.
    unsealing constant text := CASE WHEN EXISTS (SELECT FROM clinic.sealed_column s WHERE s.tbl = watch_stamp.tbl)
        THEN 'WHEN (NOT (current_user = ''wattle_owner'' AND current_setting(''wattle.resealing'', true) IS NOT DISTINCT FROM ''on''))'
        ELSE '' END;
BEGIN
    EXECUTE format('ALTER TABLE clinic.%1$I ALTER COLUMN rev SET DEFAULT 1,
        ALTER COLUMN created_at SET DEFAULT %2$s, ALTER COLUMN created_by SET DEFAULT %3$s,
        ALTER COLUMN updated_at SET DEFAULT %2$s, ALTER COLUMN updated_by SET DEFAULT %3$s,
        ALTER COLUMN origin_workstation SET DEFAULT %4$s', tbl, moment, who, place);
    EXECUTE format('DROP TRIGGER IF EXISTS a_stamp ON clinic.%I', tbl);
    EXECUTE format('DROP TRIGGER IF EXISTS a_stamp_update ON clinic.%I', tbl);
    EXECUTE format('CREATE TRIGGER a_stamp BEFORE INSERT ON clinic.%1$I FOR EACH ROW
        WHEN (NEW.rev IS DISTINCT FROM 1 OR NEW.created_at IS DISTINCT FROM %2$s OR NEW.updated_at IS DISTINCT FROM NEW.created_at
            OR NEW.created_by IS DISTINCT FROM %3$s OR NEW.updated_by IS DISTINCT FROM NEW.created_by
            OR NEW.origin_workstation IS DISTINCT FROM %4$s) EXECUTE FUNCTION clinic.stamp()', tbl, moment, who, place);
    EXECUTE format('CREATE TRIGGER a_stamp_update BEFORE UPDATE ON clinic.%I FOR EACH ROW %s
        EXECUTE FUNCTION clinic.stamp()', tbl, unsealing);
END $watch$;
REVOKE ALL ON FUNCTION clinic.watch_stamp(text) FROM PUBLIC;

-- kind: 'reference' (the app only reads it), 'record' (it writes), 'append_only' (it only adds).
CREATE OR REPLACE FUNCTION clinic.enlist(tbl text, class text, kind text) RETURNS void LANGUAGE plpgsql AS $enlist$
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

    PERFORM clinic.watch_stamp(tbl);
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

CREATE OR REPLACE FUNCTION clinic.seal_columns(tbl text, cols text[], matched text[] DEFAULT '{}', id_col text DEFAULT 'id')
RETURNS void LANGUAGE plpgsql AS $seal$
DECLARE
    resealing constant text :=
        '(current_user = ''wattle_owner'' AND current_setting(''wattle.resealing'', true) IS NOT DISTINCT FROM ''on'')';
    rel constant regclass := format('clinic.%I', tbl);
    all_cols text;
    class text;
    c text;
BEGIN
    FOREACH c IN ARRAY cols LOOP
        IF c = ANY (matched) THEN
            EXECUTE format('ALTER TABLE clinic.%I ADD COLUMN %I bytea', tbl, c || '_mark');
        END IF;
        INSERT INTO clinic.sealed_column (tbl, col, id_col, mark_col)
        VALUES (tbl, c, id_col, CASE WHEN c = ANY (matched) THEN c || '_mark' END);
        -- Empty but for what is still to be sealed.
        EXECUTE format('CREATE INDEX %I ON clinic.%I (clinic_id, %I) WHERE clinic.is_plain(%I)',
            tbl || '_' || c || '_plain', tbl, id_col, c);
    END LOOP;
    -- Those of before too: the triggers name them all.
    SELECT string_agg(quote_literal(n), ', ') INTO all_cols
    FROM clinic.sealed_column s, LATERAL (VALUES (s.col), (s.mark_col)) AS v (n)
    WHERE s.tbl = seal_columns.tbl AND n IS NOT NULL;
    EXECUTE format('DROP TRIGGER IF EXISTS z_only_reseals ON clinic.%I', tbl);
    PERFORM clinic.watch_plain(tbl);
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = rel AND tgname = 'a_stamp') THEN
        RETURN;
    END IF;

    PERFORM clinic.watch_stamp(tbl);
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = rel AND tgname = 'refuse_change') THEN
        EXECUTE format('DROP TRIGGER refuse_change ON clinic.%I', tbl);
        EXECUTE format('DROP TRIGGER IF EXISTS refuse_delete ON clinic.%I', tbl);
        EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE ON clinic.%I FOR EACH STATEMENT WHEN (NOT %s)
            EXECUTE FUNCTION clinic.refuse_change()', tbl, resealing);
        EXECUTE format('CREATE TRIGGER refuse_delete BEFORE DELETE ON clinic.%I FOR EACH STATEMENT
            EXECUTE FUNCTION clinic.refuse_change()', tbl);
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER refuse_change', tbl);
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER refuse_delete', tbl);
    ELSE
        SELECT rtrim(encode(tgargs, 'escape'), '\0') INTO STRICT class FROM pg_trigger
        WHERE tgrelid = rel AND tgname = 'capture_update';
        EXECUTE format('DROP TRIGGER capture_update ON clinic.%I', tbl);
        EXECUTE format('CREATE TRIGGER capture_update AFTER UPDATE ON clinic.%I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT WHEN (NOT %s) EXECUTE FUNCTION sync.capture(%L)', tbl, resealing, class);
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER capture_update', tbl);
    END IF;
END $seal$;

SELECT clinic.watch_stamp(c.relname::text) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'clinic' AND t.tgname = 'a_stamp' ORDER BY c.relname;
