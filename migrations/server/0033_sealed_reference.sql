-- The line of a Medicare card and the colour of a DVA card rest encrypted like the number. For that a table that has sealed
-- columns can get more of them.

CREATE OR REPLACE FUNCTION clinic.seal_columns(tbl text, cols text[], matched text[] DEFAULT '{}', id_col text DEFAULT 'id')
RETURNS void LANGUAGE plpgsql AS $seal$
DECLARE
    resealing constant text :=
        '(current_user = ''wattle_owner'' AND current_setting(''wattle.resealing'', true) IS NOT DISTINCT FROM ''on'')';
    rel constant regclass := format('clinic.%I', tbl);
    all_cols text;
    values_only text;
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
    SELECT string_agg(quote_literal(s.col), ', ') INTO values_only FROM clinic.sealed_column s
    WHERE s.tbl = seal_columns.tbl;
    SELECT string_agg(quote_literal(n), ', ') INTO all_cols
    FROM clinic.sealed_column s, LATERAL (VALUES (s.col), (s.mark_col)) AS v (n)
    WHERE s.tbl = seal_columns.tbl AND n IS NOT NULL;
    EXECUTE format('DROP TRIGGER IF EXISTS z_only_reseals ON clinic.%I', tbl);
    EXECUTE format('DROP TRIGGER IF EXISTS a_plain ON clinic.%I', tbl);
    EXECUTE format('CREATE TRIGGER z_only_reseals BEFORE UPDATE ON clinic.%I FOR EACH ROW WHEN (%s)
        EXECUTE FUNCTION clinic.only_reseals(%s)', tbl, resealing, all_cols);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER z_only_reseals', tbl);
    EXECUTE format('CREATE TRIGGER a_plain BEFORE INSERT OR UPDATE ON clinic.%I FOR EACH ROW
        WHEN (current_user <> ''wattle_app'' AND NOT %s) EXECUTE FUNCTION clinic.writes_plain(%s)', tbl, resealing,
        values_only);
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

SELECT clinic.seal_columns('patient_identifier', '{reference}');
