//! A short list of problems, ours: what general practice writes most. A code for what is in it, free text for the rest.

use crate::search_text::fold;

/// Code, and name as it is written. The code stays for good.
pub const PROBLEMS: &[(&str, &str)] = &[
    ("acne", "Acne"),
    ("adhd", "Attention deficit hyperactivity disorder"),
    ("alcohol_use", "Alcohol use disorder"),
    ("allergic_rhinitis", "Allergic rhinitis"),
    ("anaemia", "Anaemia"),
    ("angina", "Angina"),
    ("anxiety", "Anxiety disorder"),
    ("asthma", "Asthma"),
    ("atrial_fibrillation", "Atrial fibrillation"),
    ("bipolar", "Bipolar disorder"),
    ("breast_cancer", "Breast cancer"),
    ("chronic_kidney_disease", "Chronic kidney disease"),
    ("coeliac", "Coeliac disease"),
    ("copd", "Chronic obstructive pulmonary disease"),
    ("dementia", "Dementia"),
    ("depression", "Depression"),
    ("diabetes_1", "Diabetes mellitus type 1"),
    ("diabetes_2", "Diabetes mellitus type 2"),
    ("eczema", "Eczema"),
    ("endometriosis", "Endometriosis"),
    ("epilepsy", "Epilepsy"),
    ("gout", "Gout"),
    ("heart_failure", "Heart failure"),
    ("hepatitis_b", "Hepatitis B"),
    ("hypercholesterolaemia", "Hypercholesterolaemia"),
    ("hypertension", "Hypertension"),
    ("hypothyroidism", "Hypothyroidism"),
    ("ibd", "Inflammatory bowel disease"),
    ("ibs", "Irritable bowel syndrome"),
    ("ischaemic_heart_disease", "Ischaemic heart disease"),
    ("low_back_pain", "Low back pain"),
    ("melanoma", "Melanoma"),
    ("migraine", "Migraine"),
    ("obesity", "Obesity"),
    ("osteoarthritis", "Osteoarthritis"),
    ("osteoporosis", "Osteoporosis"),
    ("otitis_media", "Otitis media"),
    ("pcos", "Polycystic ovary syndrome"),
    ("pregnancy", "Pregnancy"),
    ("prostate_cancer", "Prostate cancer"),
    ("psoriasis", "Psoriasis"),
    ("reflux", "Gastro-oesophageal reflux disease"),
    ("rheumatoid_arthritis", "Rheumatoid arthritis"),
    ("schizophrenia", "Schizophrenia"),
    ("skin_cancer", "Skin cancer, not melanoma"),
    ("sleep_apnoea", "Obstructive sleep apnoea"),
    ("smoking", "Tobacco use"),
    ("stroke", "Stroke"),
    ("urinary_tract_infection", "Urinary tract infection"),
    ("urti", "Upper respiratory tract infection"),
];

/// The name of a code.
#[must_use]
pub fn name(code: &str) -> Option<&'static str> {
    PROBLEMS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// What the list offers for a few letters: names that begin so, then words within.
#[must_use]
pub fn suggest(letters: &str, most: usize) -> Vec<(&'static str, &'static str)> {
    let wanted = fold(letters.trim());
    if wanted.is_empty() {
        return Vec::new();
    }
    let starts = |name: &str| fold(name).starts_with(&wanted);
    let within = |name: &str| !starts(name) && fold(name).split(' ').any(|w| w.starts_with(&wanted));
    let first = PROBLEMS.iter().filter(|(_, name)| starts(name));
    let then = PROBLEMS.iter().filter(|(code, name)| within(name) || !starts(name) && *code == wanted);
    first.chain(then).take(most).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_offer_what_begins_so_first() {
        let names = |letters| suggest(letters, 3).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(names("diab"), ["diabetes_1", "diabetes_2"]);
        assert_eq!(names("heart"), ["heart_failure", "ischaemic_heart_disease"]);
        assert_eq!(names("copd"), ["copd"]);
        assert!(names(" ").is_empty());
    }

    #[test]
    fn codes_are_known_once() {
        let mut codes: Vec<_> = PROBLEMS.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PROBLEMS.len());
        assert_eq!(name("asthma"), Some("Asthma"));
    }
}
