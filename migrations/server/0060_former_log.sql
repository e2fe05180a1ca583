-- The log of the system before Wattle (feed admin); columns as in wattle_domain::entities. The import alone writes it: the app's
-- role reads. It names fields and says nothing of what was in them, so nothing of it rests sealed.

CREATE TABLE clinic.former_event (
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
    user_id uuid NOT NULL,
    action text NOT NULL CHECK (action IN ('created', 'changed', 'deleted', 'viewed', 'printed', 'exported', 'other')),
    -- Named, not looked up: a log outlives whom it is about.
    patient_id uuid,
    place text,
    record text,
    field text,
    PRIMARY KEY (clinic_id, id)
);

SELECT clinic.enlist('former_event', 'admin', 'append_only');
REVOKE INSERT ON clinic.former_event FROM wattle_app;
DROP POLICY app_insert ON clinic.former_event;
