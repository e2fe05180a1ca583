-- What clinicians write rests encrypted, as identifiers and alerts do.
SELECT clinic.seal_columns('clinical_note', '{body}');
SELECT clinic.seal_columns('allergy', '{substance, reaction}');
SELECT clinic.seal_columns('condition', '{text, comment}');
SELECT clinic.seal_columns('medication', '{text, directions, reason, allergy_override}');
SELECT clinic.seal_columns('observation', '{comment}');
SELECT clinic.seal_columns('recall', '{reason, comment}');
SELECT clinic.seal_columns('record_conflict', '{kept_value, other_value, chosen_value}');
