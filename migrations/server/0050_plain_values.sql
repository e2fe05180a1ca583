-- Whether a row brings a value that only looks sealed, or a hash of another value, is asked in the trigger's own condition.
-- Until now a function was called for every row of an import, and it made JSON of each to find that there was nothing to do.

CREATE FUNCTION clinic.looks_sealed(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT starts_with(value, E'\x01s')
$$;
CREATE FUNCTION clinic.looks_sealed(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_typeof(value) = 'string' AND starts_with(value #>> '{}', E'\x01s')
$$;
GRANT EXECUTE ON FUNCTION clinic.looks_sealed(text), clinic.looks_sealed(jsonb) TO wattle_app, wattle_migrator;

-- Makes the trigger over plain values of a table anew, for all of its sealed columns.
CREATE FUNCTION clinic.watch_plain(of_tbl text) RETURNS void LANGUAGE plpgsql AS $watch$
DECLARE
    cols text;
    odd text;
BEGIN
    SELECT string_agg(quote_literal(s.col), ', '),
        string_agg(format('clinic.looks_sealed(NEW.%I)', s.col) || coalesce(' OR NEW.' || quote_ident(s.mark_col) || ' IS NOT NULL', ''), ' OR ')
    INTO STRICT cols, odd FROM clinic.sealed_column s WHERE s.tbl = of_tbl;
    EXECUTE format('DROP TRIGGER IF EXISTS a_plain ON clinic.%I', of_tbl);
    EXECUTE format('CREATE TRIGGER a_plain BEFORE INSERT OR UPDATE ON clinic.%I FOR EACH ROW
        WHEN (current_user <> ''wattle_app''
            AND NOT (current_user = ''wattle_owner'' AND current_setting(''wattle.resealing'', true) IS NOT DISTINCT FROM ''on'')
            AND (%s)) EXECUTE FUNCTION clinic.writes_plain(%s)', of_tbl, odd, cols);
END $watch$;
REVOKE ALL ON FUNCTION clinic.watch_plain(text) FROM PUBLIC;

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

    EXECUTE format('DROP TRIGGER a_stamp ON clinic.%I', tbl);
    EXECUTE format('CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON clinic.%I FOR EACH ROW WHEN (NOT %s)
        EXECUTE FUNCTION clinic.stamp()', tbl, resealing);
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

SELECT clinic.watch_plain(tbl) FROM (SELECT DISTINCT tbl FROM clinic.sealed_column) AS sealed ORDER BY tbl;
