-- Who is acting, and how instants travel.

CREATE SCHEMA clinic;
CREATE SCHEMA staging;
GRANT USAGE ON SCHEMA clinic, sync TO wattle_app, wattle_migrator;
GRANT USAGE, CREATE ON SCHEMA staging TO wattle_migrator;
ALTER DEFAULT PRIVILEGES FOR ROLE wattle_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Each transaction says for whom it works: set_config('wattle.clinic', …, true) and so on.
CREATE FUNCTION sync.current_clinic() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('wattle.clinic', true), '')::uuid;
CREATE FUNCTION sync.acting_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('wattle.user', true), '')::uuid;
CREATE FUNCTION sync.acting_workstation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('wattle.workstation', true), '')::uuid;

-- Instants are whole milliseconds on the wire. Both directions are exact for every year a clinic can mean.
CREATE FUNCTION sync.millis(at timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN (date_part('epoch', at) * 1000)::bigint;
CREATE FUNCTION sync.instant(millis bigint) RETURNS timestamptz LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN 'epoch'::timestamptz + millis * interval '1 millisecond';

GRANT EXECUTE ON FUNCTION sync.current_clinic(), sync.acting_user(), sync.acting_workstation(),
    sync.millis(timestamptz), sync.instant(bigint) TO wattle_app, wattle_migrator;
