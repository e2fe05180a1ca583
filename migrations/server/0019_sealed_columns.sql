-- Columns that rest encrypted, as wattle_domain::table declares them (a test compares). The server seals and opens; here is
-- only what keeps sealed values whole.
--
-- A value says itself how it rests: sealed ones begin with \x01s, the number of the key and a colon. One that does not is
-- plain (an import, a row of an older server) and is sealed as soon as a server finds it.

CREATE TABLE clinic.column_key (
    clinic_id uuid NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    -- The name of the key that wrapped it.
    kms_key text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Since nothing rests under it any more. Kept all the same: a backup of ours may hold rows of it.
    retired_at timestamptz,
    PRIMARY KEY (clinic_id, generation)
);

-- How far a rotation has come: rows up to `after` rest under the generation.
CREATE TABLE clinic.key_rotation (
    clinic_id uuid NOT NULL,
    generation integer NOT NULL,
    tbl text NOT NULL,
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    resealed bigint NOT NULL DEFAULT 0,
    finished_at timestamptz,
    PRIMARY KEY (clinic_id, generation, tbl)
);

CREATE TABLE clinic.sealed_column (
    tbl text NOT NULL,
    col text NOT NULL,
    id_col text NOT NULL,
    -- Beside it: the keyed hash by which equal values are found.
    mark_col text,
    PRIMARY KEY (tbl, col)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['column_key', 'key_rotation', 'sealed_column'] LOOP
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE clinic.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner_all ON clinic.%I TO wattle_owner USING (true)', t);
    END LOOP;
END $$;
CREATE POLICY app_here ON clinic.column_key TO wattle_app USING (clinic_id = (SELECT sync.current_clinic()));
-- A server makes a clinic's first key, where there is none. Later ones are made by an administrator.
CREATE POLICY app_first ON clinic.column_key AS RESTRICTIVE FOR INSERT TO wattle_app WITH CHECK (generation = 1);
GRANT SELECT, INSERT ON clinic.column_key TO wattle_app;

CREATE FUNCTION clinic.is_plain(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT value IS NOT NULL AND NOT starts_with(value, E'\x01s')
$$;
CREATE FUNCTION clinic.is_plain(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT value IS NOT NULL AND value <> 'null'
        AND NOT (jsonb_typeof(value) = 'string' AND starts_with(value #>> '{}', E'\x01s'))
$$;

GRANT EXECUTE ON FUNCTION clinic.is_plain(text), clinic.is_plain(jsonb) TO wattle_app, wattle_migrator;

-- Resealing changes how a value rests and not what it says: the row keeps its revision and nobody is told of it. Only the
-- owner's function below does it, and only to the columns that are sealed.
CREATE FUNCTION clinic.only_reseals() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cols constant text[] := TG_ARGV::text[];
    was constant jsonb := to_jsonb(OLD);
    now_is constant jsonb := to_jsonb(NEW);
BEGIN
    IF was - cols IS DISTINCT FROM now_is - cols
        OR EXISTS (SELECT FROM unnest(cols) AS c WHERE c NOT LIKE '%\_mark' AND (was -> c = 'null') <> (now_is -> c = 'null')) THEN
        RAISE EXCEPTION 'resealing changes a row of %', TG_TABLE_NAME USING ERRCODE = 'modifying_sql_data_not_permitted';
    END IF;
    RETURN NEW;
END $$;

-- Whoever is not the server writes plain values. The hash beside such a value is not of it any more; and an import can
-- bring no value that only looks sealed.
CREATE FUNCTION clinic.writes_plain() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was constant jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    now_is constant jsonb := to_jsonb(NEW);
    c text;
BEGIN
    FOREACH c IN ARRAY TG_ARGV LOOP
        CONTINUE WHEN now_is -> c IS NOT DISTINCT FROM was -> c;
        IF current_user = 'wattle_migrator' AND starts_with(now_is ->> c, E'\x01s') THEN
            RAISE EXCEPTION 'a value of %.% begins like a sealed one', TG_TABLE_NAME, c
                USING ERRCODE = 'check_violation';
        END IF;
        IF now_is ? (c || '_mark') THEN
            NEW := jsonb_populate_record(NEW, jsonb_build_object(c || '_mark', NULL));
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

-- Makes columns of a table sealed ones; `matched` are those with a hash beside them. Later migrations call it for theirs.
CREATE FUNCTION clinic.seal_columns(tbl text, cols text[], matched text[] DEFAULT '{}', id_col text DEFAULT 'id')
RETURNS void LANGUAGE plpgsql AS $seal$
DECLARE
    resealing constant text :=
        '(current_user = ''wattle_owner'' AND current_setting(''wattle.resealing'', true) IS NOT DISTINCT FROM ''on'')';
    rel constant regclass := format('clinic.%I', tbl);
    marks constant text[] := ARRAY(SELECT m || '_mark' FROM unnest(matched) AS m);
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
    SELECT string_agg(quote_literal(n), ', ') INTO all_cols FROM unnest(cols || marks) AS n;
    EXECUTE format('CREATE TRIGGER z_only_reseals BEFORE UPDATE ON clinic.%I FOR EACH ROW WHEN (%s)
        EXECUTE FUNCTION clinic.only_reseals(%s)', tbl, resealing, all_cols);
    EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER z_only_reseals', tbl);
    EXECUTE format('CREATE TRIGGER a_plain BEFORE INSERT OR UPDATE ON clinic.%I FOR EACH ROW
        WHEN (current_user <> ''wattle_app'' AND NOT %s) EXECUTE FUNCTION clinic.writes_plain(%s)', tbl, resealing,
        (SELECT string_agg(quote_literal(n), ', ') FROM unnest(cols) AS n));
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = rel AND tgname = 'a_stamp') THEN
        RETURN;
    END IF;

    EXECUTE format('DROP TRIGGER a_stamp ON clinic.%I', tbl);
    EXECUTE format('CREATE TRIGGER a_stamp BEFORE INSERT OR UPDATE ON clinic.%I FOR EACH ROW WHEN (NOT %s)
        EXECUTE FUNCTION clinic.stamp()', tbl, resealing);
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = rel AND tgname = 'refuse_change') THEN
        EXECUTE format('DROP TRIGGER refuse_change ON clinic.%I', tbl);
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

SELECT clinic.seal_columns('patient_identifier', '{value}', '{value}');
SELECT clinic.seal_columns('patient_contact', '{note}');
SELECT clinic.seal_columns('alert', '{text}');
SELECT clinic.seal_columns('appointment', '{note, cancelled_reason}');
SELECT clinic.seal_columns('appointment_event', '{reason}');
SELECT clinic.seal_columns('conflict', '{kept_value, other_value, chosen_value}');
-- The server's own: whole commands.
SELECT clinic.seal_columns('command_log', '{payload}', '{}', 'command_id');
SELECT clinic.seal_columns('quarantine', '{payload}', '{}', 'command_id');

-- One IHI is one patient's: sealed ones by their hash, plain ones (until they are sealed) by themselves.
ALTER INDEX clinic.patient_identifier_ihi RENAME TO patient_identifier_ihi_before;
CREATE UNIQUE INDEX patient_identifier_ihi ON clinic.patient_identifier (clinic_id, value_mark)
    WHERE kind = 'ihi' AND deleted_at IS NULL AND value_mark IS NOT NULL;
CREATE UNIQUE INDEX patient_identifier_ihi_plain ON clinic.patient_identifier (clinic_id, value)
    WHERE kind = 'ihi' AND deleted_at IS NULL AND value_mark IS NULL;
DROP INDEX clinic.patient_identifier_ihi_before;
-- For whoever asks which patients have a number.
CREATE INDEX patient_identifier_value ON clinic.patient_identifier (clinic_id, value_mark) WHERE deleted_at IS NULL;

-- Values of the acting clinic that rest plain, some of them.
CREATE FUNCTION clinic.plain_values(of_tbl text, most integer) RETURNS TABLE (id uuid, col text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s clinic.sealed_column;
BEGIN
    FOR s IN SELECT * FROM clinic.sealed_column WHERE tbl = of_tbl LOOP
        RETURN QUERY EXECUTE format('SELECT %I, %L, %I::text FROM clinic.%I
            WHERE clinic_id = $1 AND clinic.is_plain(%I) LIMIT $2', s.id_col, s.col, s.col, s.tbl, s.col)
        USING nullif(current_setting('wattle.clinic', true), '')::uuid, most;
    END LOOP;
END $$;

-- Puts other forms of the same values: [{id, col, was, now, mark}]. A value that has changed meanwhile is left alone.
-- Returns how many were put.
CREATE FUNCTION clinic.reseal(of_tbl text, vals jsonb, only_plain boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s clinic.sealed_column;
    here constant uuid := nullif(current_setting('wattle.clinic', true), '')::uuid;
    ids uuid[];
    is_json boolean;
    met bigint;
    done bigint := 0;
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(vals) AS v WHERE NOT starts_with(v ->> 'now', E'\x01s')) THEN
        RAISE EXCEPTION 'a value that is not sealed' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM set_config('wattle.resealing', 'on', true);
    FOR s IN SELECT * FROM clinic.sealed_column WHERE tbl = of_tbl LOOP
        SELECT array_agg((v ->> 'id')::uuid) INTO ids FROM jsonb_array_elements(vals) AS v WHERE v ->> 'col' = s.col;
        CONTINUE WHEN ids IS NULL;
        SELECT atttypid = 'jsonb'::regtype INTO STRICT is_json FROM pg_attribute
        WHERE attrelid = format('clinic.%I', s.tbl)::regclass AND attname = s.col;
        EXECUTE format('UPDATE clinic.%1$I AS t SET %2$I = %3$s %4$s
            FROM jsonb_to_recordset($1) AS r (id uuid, col text, was text, now text, mark text)
            WHERE t.clinic_id = $2 AND t.%5$I = ANY ($3) AND t.%5$I = r.id AND r.col = %2$L AND t.%2$I::text = r.was
              AND (clinic.is_plain(t.%2$I) OR NOT $4)',
            s.tbl, s.col, CASE WHEN is_json THEN 'to_jsonb(r.now)' ELSE 'r.now' END,
            CASE WHEN s.mark_col IS NULL THEN '' ELSE format(', %I = decode(r.mark, ''base64'')', s.mark_col) END,
            s.id_col)
        USING vals, here, ids, only_plain;
        GET DIAGNOSTICS met = ROW_COUNT;
        done := done + met;
    END LOOP;
    PERFORM set_config('wattle.resealing', 'off', true);
    RETURN done;
END $$;

-- What a server may: plain values only. Those that are sealed are an administrator's to reseal.
CREATE FUNCTION clinic.seal_plain(of_tbl text, vals jsonb) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT clinic.reseal(of_tbl, vals, true)
$$;
GRANT EXECUTE ON FUNCTION clinic.plain_values(text, integer), clinic.seal_plain(text, jsonb) TO wattle_app;
