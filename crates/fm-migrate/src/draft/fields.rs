//! Which table and which field may be which of ours, by name.

use crate::ids::SourceTable;
use crate::wire::metadata::Table;

/// Points that a table needs before it is proposed for one of ours.
pub(super) const ENOUGH: usize = 6;

/// Words of ours to words that clinics use, without case, blanks and signs.
type Words = &'static [(&'static str, &'static [&'static str])];

const PATIENTS: Words = &[
    ("key", &["patientno", "patientid", "patientnumber", "urno", "ur", "fileno", "mrn"]),
    ("family_name", &["surname", "familyname", "lastname", "namelast"]),
    ("given_name", &["givennames", "givenname", "firstname", "namefirst", "firstnames"]),
    ("preferred_name", &["knownas", "preferredname", "nickname"]),
    ("title", &["title", "salutation"]),
    ("birth_date", &["dob", "dateofbirth", "birthdate", "birthday"]),
    ("sex", &["sex"]),
    ("gender", &["gender"]),
    ("deceased_on", &["datedeceased", "dateofdeath", "dod"]),
    ("mobile", &["mobile", "phonemobile", "mobilephone", "cell", "phonecell"]),
    ("home_phone", &["phonehome", "homephone", "phone", "telephone"]),
    ("work_phone", &["phonework", "workphone"]),
    ("email", &["email", "emailaddress"]),
    ("street", &["street", "address", "address1", "addressline1"]),
    ("suburb", &["suburb", "city", "town"]),
    ("state", &["state"]),
    ("postcode", &["postcode", "zip", "zipcode"]),
    ("medicare", &["medicareno", "medicare", "medicarenumber"]),
    ("medicare_expiry", &["medicareexpiry", "medicareexp"]),
    ("ihi", &["ihi"]),
    ("dva", &["dvano", "dva"]),
    ("pension", &["pension", "pensionno", "hcc"]),
    ("alerts", &["alerts", "alert", "warnings", "allergies"]),
];

const PRACTITIONERS: Words = &[
    ("key", &["praccode", "doctorid", "providerid", "practitionerid", "doctorcode"]),
    ("family_name", &["surname", "familyname", "lastname"]),
    ("given_name", &["givenname", "firstname", "givennames"]),
    ("title", &["title"]),
    ("profession", &["profession", "specialty", "discipline"]),
    ("ahpra_number", &["ahpra", "ahprano", "registrationno"]),
    ("hpii", &["hpii"]),
    ("prescriber_number", &["prescriberno", "prescribernumber"]),
    ("provider_numbers", &["providerno", "providernumber"]),
    ("active", &["status", "active"]),
];

const APPOINTMENTS: Words = &[
    ("key", &["apptid", "appointmentid", "bookingid"]),
    ("patient", &["patientno", "patientid", "idpatient", "fkpatientid", "fkpatient"]),
    ("practitioner", &["praccode", "doctorid", "iddoctor", "fkdoctorid", "practitionerid", "provider"]),
    ("date", &["apptdate", "appointmentdate", "date", "datescheduled", "bookingdate"]),
    ("time", &["starttime", "appttime", "timestart", "time"]),
    ("minutes", &["duration", "minutes", "length"]),
    ("type", &["type", "appttype"]),
    ("room", &["room"]),
    ("status", &["status", "apptstatus"]),
    ("note", &["notes", "note", "comments"]),
];

/// A reference to the patient, as clinics name it.
const PATIENT: &[&str] = &["patientno", "patientid", "idpatient", "fkpatientid", "fkpatient"];
const AUTHOR: &[&str] = &["praccode", "doctorid", "iddoctor", "fkdoctorid", "practitionerid", "provider"];
const APPOINTMENT: &[&str] = &["apptid", "appointmentid", "fkappointmentid", "bookingid"];

const NOTES: Words = &[
    ("key", &["noteid", "consultid", "consultationid", "progressnoteid"]),
    ("patient", PATIENT),
    ("author", AUTHOR),
    ("appointment", APPOINTMENT),
    ("signed_at", &["signedts", "notets", "consultts"]),
    ("date", &["notedate", "consultdate", "consultationdate"]),
    ("time", &["notetime", "consulttime"]),
    ("body", &["notetext", "consultnotes", "progressnotes", "clinicalnotes", "consultationnotes"]),
    ("reason", &["reasonforvisit", "presentingcomplaint"]),
    ("history", &["history", "hpi"]),
    ("examination", &["examination", "onexamination"]),
    ("diagnosis", &["diagnosis", "assessment"]),
    ("plan", &["plan", "management"]),
];

const ALLERGIES: Words = &[
    ("key", &["allergyid"]),
    ("patient", PATIENT),
    ("substance", &["allergen", "substance", "allergy", "allergicto"]),
    ("reaction", &["reaction", "allergicreaction"]),
    ("severity", &["severity"]),
    ("onset", &["onset", "onsetdate", "firstseen"]),
];

const MEDICINES: Words = &[
    ("key", &["medid", "medicineid", "medicationid", "scriptid", "prescriptionid"]),
    ("patient", PATIENT),
    ("text", &["drug", "drugname", "medicine", "medication"]),
    ("directions", &["directions", "dosage", "sig"]),
    ("quantity", &["qty", "quantity"]),
    ("repeats", &["repeats", "rpts"]),
    ("reason", &["indication"]),
    ("started_on", &["started", "startdate", "datestarted", "dateprescribed"]),
    ("ended_on", &["ceased", "dateceased", "stopped", "enddate"]),
    ("status", &["medstatus"]),
];

const OBSERVATIONS: Words = &[
    ("key", &["obsid", "observationid", "measurementid"]),
    ("patient", PATIENT),
    ("appointment", APPOINTMENT),
    ("kind", &["measure", "measurement", "obstype", "observationtype"]),
    ("value", &["obsvalue", "measuredvalue", "reading"]),
    ("taken_at", &["takents", "measuredat", "obsts"]),
    ("date", &["obsdate", "datetaken"]),
    ("comment", &["obscomment"]),
];

const RECALLS: Words = &[
    ("key", &["recallid", "reminderid"]),
    ("patient", PATIENT),
    ("practitioner", AUTHOR),
    ("due_on", &["duedate", "datedue", "recalldate", "recalldue", "reminderdate"]),
    ("reason", &["recallreason", "recalltype", "recallfor", "reminderreason", "remindertype"]),
    ("comment", &["recallcomment", "recallnotes", "remindercomment", "remindernotes"]),
    ("status", &["recallstatus", "reminderstatus"]),
    ("done_on", &["datedone", "recalldone", "dateattended", "datecompleted"]),
];

const LETTERS: Words = &[
    ("key", &["letterid", "correspondenceid"]),
    ("patient", PATIENT),
    ("author", AUTHOR),
    ("written_at", &["letterts", "lettercreated", "writtents"]),
    ("date", &["letterdate", "datewritten"]),
    ("time", &["lettertime"]),
    ("recipient", &["toname", "recipient", "recipientname", "addressee", "letterto"]),
    ("address", &["toaddress", "recipientaddress", "addresseeaddress"]),
    ("subject", &["lettersubject", "subject", "regarding"]),
    ("body", &["lettertext", "letterbody", "bodyofletter", "lettercontent"]),
];

const INVOICE: &[&str] =
    &["invoiceid", "fkinvoiceid", "idinvoice", "invoiceno", "invoicenumber", "billid", "billno"];

const INVOICES: Words = &[
    ("key", &["invoiceid", "billid", "invoiceno", "billno"]),
    ("number", &["invoiceno", "invoicenumber", "billno"]),
    ("patient", PATIENT),
    ("practitioner", AUTHOR),
    ("issued_on", &["invoicedate", "billdate", "dateinvoiced", "datebilled", "issued"]),
    ("payer", &["billto", "payer", "payertype", "billingtype", "billtype"]),
    ("payer_name", &["payername", "billtoname", "accountholder", "debtor"]),
    ("note", &["invoicenote", "invoicenotes", "invoicecomment", "billnotes"]),
    ("reverses", &["reverses", "reversesid", "reversesno", "creditof", "creditfor", "reversedinvoice"]),
];

const INVOICE_ITEMS: Words = &[
    ("key", &["itemid", "lineid", "invoiceitemid", "lineitemid", "invoicelineid"]),
    ("invoice", INVOICE),
    ("service_on", &["servicedate", "dateofservice", "itemdate"]),
    ("mbs_item", &["mbsitem", "mbs", "itemno", "itemnumber", "mbscode"]),
    ("description", &["itemdescription", "servicedescription", "description", "item", "service"]),
    ("quantity", &["qty", "quantity", "units"]),
    ("fee", &["fee", "itemfee", "feecharged", "linetotal", "feeincgst", "charge"]),
    ("gst", &["gst", "gstamount", "itemgst"]),
];

const PAYMENTS: Words = &[
    ("key", &["paymentid", "receiptid", "paymentno", "receiptno"]),
    ("invoice", INVOICE),
    ("patient", PATIENT),
    ("received_on", &["paymentdate", "datepaid", "datereceived", "receiptdate", "paid"]),
    ("method", &["paymentmethod", "paymenttype", "method", "paidby", "tender"]),
    ("amount", &["amountpaid", "paymentamount", "amountreceived", "amount"]),
    ("reference", &["paymentref", "paymentreference", "receiptref", "reference", "chequeno"]),
];

const LOG: Words = &[
    ("key", &["logid", "auditid", "auditlogid", "logno", "idlog"]),
    ("at", &["logts", "logtimestamp", "auditts", "audittimestamp", "timestamp"]),
    ("date", &["logdate", "auditdate"]),
    ("time", &["logtime", "audittime"]),
    ("author", &["accountname", "account", "logaccount", "auditaccount", "username", "logby"]),
    ("action", &["logaction", "auditaction", "action", "event", "logevent"]),
    ("patient", PATIENT),
    ("place", &["layoutname", "logtable", "audittable", "tablename"]),
    ("record", &["logrecordno", "logrecordid", "auditrecordid", "recordid", "recordno"]),
    ("field", &["fieldname", "logfield", "auditfield"]),
];

const DOCUMENTS: Words = &[
    ("key", &["docid", "documentid", "scanid", "attachmentid"]),
    ("patient", PATIENT),
    ("title", &["doctitle", "documenttitle", "description"]),
    ("kind", &["dockind", "doctype", "documenttype"]),
    ("captured_at", &["scannedts", "scannedat", "doccreated"]),
    ("date", &["docdate", "scandate", "documentdate"]),
    ("name", &["filename", "docfilename"]),
    ("md5", &["filemd5", "md5"]),
    ("size", &["filesize"]),
    ("storage", &["storage", "storagetype"]),
    ("reference", &["filepath", "fileref"]),
];

/// What identifies a table: fields that others would hardly have, at three points each.
const TELLING: &[(SourceTable, &[&str])] = &[
    (SourceTable::Patients, &["birth_date", "medicare", "ihi"]),
    (SourceTable::Practitioners, &["ahpra_number", "hpii", "prescriber_number", "provider_numbers"]),
    (SourceTable::Appointments, &["minutes", "practitioner"]),
    (SourceTable::Notes, &["body", "examination", "history"]),
    (SourceTable::Allergies, &["substance", "reaction"]),
    (SourceTable::Medicines, &["text", "directions", "repeats"]),
    (SourceTable::Observations, &["kind", "value"]),
    (SourceTable::Recalls, &["due_on", "reason"]),
    (SourceTable::Letters, &["recipient", "body"]),
    (SourceTable::Invoices, &["issued_on", "payer"]),
    (SourceTable::InvoiceItems, &["mbs_item", "fee", "gst"]),
    (SourceTable::Payments, &["received_on", "method", "amount"]),
    (SourceTable::Log, &["at", "author", "action", "field"]),
    (SourceTable::Documents, &["name", "md5", "storage"]),
];

fn words(ours: SourceTable) -> Words {
    match ours {
        SourceTable::Practitioners => PRACTITIONERS,
        SourceTable::Patients => PATIENTS,
        SourceTable::Appointments => APPOINTMENTS,
        SourceTable::Notes => NOTES,
        SourceTable::Allergies => ALLERGIES,
        SourceTable::Medicines => MEDICINES,
        SourceTable::Observations => OBSERVATIONS,
        SourceTable::Recalls => RECALLS,
        SourceTable::Letters => LETTERS,
        SourceTable::Invoices => INVOICES,
        SourceTable::InvoiceItems => INVOICE_ITEMS,
        SourceTable::Payments => PAYMENTS,
        SourceTable::Log => LOG,
        SourceTable::Documents => DOCUMENTS,
    }
}

/// Without case, blanks and signs.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A table seen through our words.
#[derive(Debug)]
pub struct Guess<'a>(&'a Table);

/// Looks at a table.
#[must_use]
pub fn guess(table: &Table) -> Guess<'_> {
    Guess(table)
}

impl Guess<'_> {
    /// Field of ours to column, each column once.
    #[must_use]
    pub fn mapped(&self, ours: SourceTable) -> Vec<(&'static str, String)> {
        let mut mapped: Vec<(&'static str, String)> = Vec::new();
        for (field, theirs) in words(ours) {
            // Earlier words are better ones.
            let found = theirs.iter().find_map(|word| {
                let mut fields =
                    self.0.fields.iter().filter(|f| !f.summary && !f.global && f.kind != "CONTAINER");
                fields.find(|f| fold(&f.name) == *word && !mapped.iter().any(|(_, taken)| *taken == f.name))
            });
            mapped.extend(found.map(|f| (*field, f.name.clone())));
        }
        mapped
    }

    /// How much speaks for it.
    #[must_use]
    pub fn score(&self, ours: SourceTable) -> usize {
        let mapped = self.mapped(ours);
        let telling = TELLING.iter().find(|(table, _)| *table == ours).map_or(&[][..], |(_, fields)| fields);
        let named = fold(&self.0.name).starts_with(fold(ours.as_str()).trim_end_matches('s'));
        let points: usize = mapped.iter().map(|(field, _)| if telling.contains(field) { 3 } else { 1 }).sum();
        let tells = mapped.iter().any(|(field, _)| telling.contains(field));
        if tells || named { points + if named { 4 } else { 0 } } else { 0 }
    }
}
