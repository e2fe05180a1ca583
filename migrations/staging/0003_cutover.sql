-- The checklist of a cutover: it survives whatever interrupts it.

CREATE TABLE staging.cutover (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    -- Everything but the switch, to learn how long it takes and what is in the way.
    rehearsal boolean NOT NULL,
    began_at timestamptz NOT NULL DEFAULT now(),
    -- From here on the clinic works in Wattle.
    switched_at timestamptz,
    ended_at timestamptz,
    undone_at timestamptz,
    undone_by text
);
-- One at a time.
CREATE UNIQUE INDEX cutover_open ON staging.cutover (clinic_id) WHERE ended_at IS NULL AND undone_at IS NULL;

CREATE TABLE staging.cutover_step (
    cutover_id uuid NOT NULL REFERENCES staging.cutover (id),
    step text NOT NULL,
    -- Who ran or confirmed it.
    by_name text NOT NULL,
    began_at timestamptz NOT NULL,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    report jsonb NOT NULL,
    PRIMARY KEY (cutover_id, step)
);
