-- FileMaker's own number of the record that a row came from, where the export says it. No key: a clone gives other numbers.
ALTER TABLE clinic.migration_map ADD COLUMN record_id text;
