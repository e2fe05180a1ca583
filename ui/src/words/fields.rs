//! Fields' labels, and what stands in them.

use wattle_domain::fields::{ContactKind, IdentifierKind, Sex};
use wattle_domain::identifiers::Odd;

/// A field's label.
pub(crate) fn field(name: &str) -> &'static str {
    match name {
        "family_name" => "Family name",
        "given_name" => "Given names",
        "preferred_name" => "Preferred name",
        "title" => "Title",
        "birth_date" => "Birth date",
        "birth_date_accuracy" => "Certainty of the birth date",
        "sex" => "Sex",
        "gender" => "Gender",
        "pronouns" => "Pronouns",
        "indigenous_status" => "Indigenous status",
        "interpreter_language" => "Interpreter",
        "usual_practitioner_id" => "Usual practitioner",
        "line1" => "Street",
        "line2" => "Second line",
        "suburb" => "Suburb",
        "state" => "State",
        "postcode" => "Postcode",
        "value" => "The number",
        "name" => "Name",
        "note" => "Note",
        "reference" => "Reference",
        "expires_on" => "Expiry",
        "preferred" => "First to try",
        "end_at" => "The length",
        "status" => "Status",
        "substance" => "Substance",
        "code" => "The entry of the list",
        "reaction" => "Reaction",
        "severity" => "Severity",
        "onset_on" => "Since",
        "started_on" => "Start",
        "ended_on" => "End",
        "text" => "The name",
        "directions" => "Directions",
        "quantity" => "Quantity",
        "repeats" => "Repeats",
        "reason" => "Reason",
        "comment" => "Comment",
        "allergy_override" => "Why in spite of the allergy",
        "due_on" => "Due date",
        "practitioner_id" => "Practitioner",
        "body" => "The text",
        "recipient" => "The recipient",
        "subject" => "What the letter is about",
        "profession" => "Profession",
        "organisation" => "Organisation",
        "phone" => "Phone",
        "fax" => "Fax",
        "email" => "Email",
        "provider_number" => "Provider number",
        "usual_duration_min" => "The usual length",
        "usual_room_id" => "The room",
        "user_id" => "The account",
        "sort" => "The place in the book",
        "active" => "Still offered",
        "consent" => "Without the patient's consent, the record",
        "effective_at" => "The time",
        "blood_pressure" => "Blood pressure",
        "heart_rate" => "Heart rate",
        "respiratory_rate" => "Respiratory rate",
        "temperature" => "Temperature",
        "oxygen_saturation" => "Oxygen saturation",
        "weight" => "Weight",
        "height" => "Height",
        "waist" => "Waist",
        "head_circumference" => "Head circumference",
        "blood_glucose" => "Blood glucose",
        "pain" => "Pain",
        _ => "This field",
    }
}

/// A field inside a sentence; for a contact or identifier what the row is.
pub(crate) fn the_field(name: &str, row_kind: Option<&str>) -> String {
    let of_kind = row_kind.and_then(|kind| match kind {
        "mobile" => Some("mobile phone"),
        "home" => Some("home phone"),
        "work" => Some("work phone"),
        "email" => Some("email address"),
        "next_of_kin" => Some("next of kin"),
        "guardian" => Some("guardian"),
        "medicare" => Some("Medicare number"),
        "ihi" => Some("IHI"),
        "dva" => Some("DVA number"),
        "pension" => Some("pension card number"),
        "hcc" => Some("health care card number"),
        "private" => Some("health fund number"),
        _ => None,
    });
    match (name, of_kind) {
        ("value", Some(kind)) => kind.to_owned(),
        (name, Some(kind)) => format!("{} of the {kind}", field(name).to_lowercase()),
        (name, None) => field(name).to_lowercase(),
    }
}

/// A contact's label.
pub(crate) fn contact(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Mobile => "Mobile",
        ContactKind::Home => "Home phone",
        ContactKind::Work => "Work phone",
        ContactKind::Email => "Email",
        ContactKind::NextOfKin => "Next of kin",
        ContactKind::Guardian => "Guardian",
    }
}

/// An identifier's label on a crowded line.
pub(crate) fn identifier_short(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Medicare => "Medicare",
        IdentifierKind::Dva => "DVA",
        IdentifierKind::Pension => "Pension",
        IdentifierKind::Hcc => "HCC",
        other => identifier(other),
    }
}

/// An identifier's label.
pub(crate) fn identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Medicare => "Medicare card",
        IdentifierKind::Ihi => "IHI",
        IdentifierKind::Dva => "DVA file number",
        IdentifierKind::Pension => "Pension card",
        IdentifierKind::Hcc => "Health care card",
        IdentifierKind::Private => "Health fund",
        IdentifierKind::Legacy => "Old system",
    }
}

/// What is odd about a number, and what to do.
pub(crate) fn odd(kind: IdentifierKind, odd: Odd) -> String {
    let number = match kind {
        IdentifierKind::Medicare => "Medicare number",
        IdentifierKind::Ihi => "IHI",
        IdentifierKind::Dva => "DVA number",
        _ => "number",
    };
    let should = match (kind, odd) {
        (IdentifierKind::Medicare, Odd::Length) => " It has 10 digits, or 11 with the person's own number.",
        (IdentifierKind::Medicare, Odd::Prefix) => " It begins with 2 to 6.",
        (IdentifierKind::Ihi, Odd::Length) => " It has 16 digits.",
        (IdentifierKind::Ihi, Odd::Prefix) => " It begins with 8003 60.",
        (IdentifierKind::Dva, Odd::Prefix) => " It begins with the letter of a state: N, V, Q, W, S or T.",
        _ => "",
    };
    format!("This {number} {odd}.{should} Check the card, or keep it as it is.")
}

/// A sex.
pub(crate) fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "Female",
        Sex::Male => "Male",
        Sex::Other => "Another term",
        Sex::Unknown => "Not stated",
    }
}

/// A sex where no label stands before it.
pub(crate) fn sex_alone(of: Sex) -> &'static str {
    match of {
        Sex::Unknown => "Sex not stated",
        stated => sex(stated),
    }
}

/// METeOR 602543.
pub(crate) const INDIGENOUS: [(&str, &str); 5] = [
    ("1", "Aboriginal"),
    ("2", "Torres Strait Islander"),
    ("3", "Aboriginal and Torres Strait Islander"),
    ("4", "Neither"),
    ("9", "Not stated"),
];

/// What agrees between two people.
pub(crate) fn agrees(what: &str) -> &'static str {
    match what {
        "given_name" => "given name",
        "family_name" => "family name",
        "birth_date" => "birth date",
        "identifier" => "card number",
        "street" => "street",
        "phone" => "phone",
        _ => "more",
    }
}

#[cfg(test)]
mod tests {
    use wattle_domain::fields::INDIGENOUS_STATUS;

    #[test]
    fn every_indigenous_status_has_its_words() {
        assert_eq!(super::INDIGENOUS.map(|(code, _)| code), INDIGENOUS_STATUS);
    }
}
