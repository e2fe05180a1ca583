//! A short list of substances, ours: the medicines and other things that people are most often allergic to or prescribed in
//! general practice, with their classes. A code for what is in it; whatever is not is written as free text.
//!
//! It is no pharmacopoeia and finds no interaction but one: a medicine that meets an allergy.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::entities::{Allergy, Medication};
use crate::fields::{AllergyKind, EntryStatus};
use crate::search_text::fold;

/// One of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Substance {
    /// Our code: stays for good.
    pub code: &'static str,
    /// Generic name.
    pub name: &'static str,
    /// Classes, of [`CROSS`] and others.
    pub classes: &'static [&'static str],
    /// Brand names and other spellings, folded.
    pub aliases: &'static [&'static str],
    /// It can be prescribed (not `egg`).
    pub medicine: bool,
}

/// Classes of which one is not always borne by who is allergic to the other.
pub const CROSS: &[(&str, &str)] = &[
    ("penicillin", "cephalosporin"),
    ("penicillin", "carbapenem"),
    ("cephalosporin", "carbapenem"),
    ("sulfonamide_antibiotic", "sulfonamide"),
    ("salicylate", "nsaid"),
];

macro_rules! substances {
    ($($code:literal, $name:literal, [$($class:literal),*], [$($alias:literal),*] $(, $not:ident)?;)+) => {
        /// The list, by name.
        pub const SUBSTANCES: &[Substance] = &[$(Substance {
            code: $code, name: $name, classes: &[$($class),*], aliases: &[$($alias),*],
            medicine: substances!(@medicine $($not)?),
        }),+];
    };
    (@medicine) => { true };
    (@medicine not_a_medicine) => { false };
}

substances! {
    "amiodarone", "Amiodarone", ["iodine"], ["aratac", "cordarone"];
    "amitriptyline", "Amitriptyline", ["tricyclic"], ["endep"];
    "amlodipine", "Amlodipine", ["calcium_blocker"], ["norvasc"];
    "amoxicillin", "Amoxicillin", ["penicillin"], ["amoxil", "amoxycillin"];
    "amoxicillin_clavulanate", "Amoxicillin with clavulanic acid", ["penicillin"], ["augmentin", "curam"];
    "apixaban", "Apixaban", ["anticoagulant"], ["eliquis"];
    "aspirin", "Aspirin", ["salicylate"], ["cartia", "astrix", "disprin"];
    "atenolol", "Atenolol", ["beta_blocker"], ["noten"];
    "atorvastatin", "Atorvastatin", ["statin"], ["lipitor"];
    "azithromycin", "Azithromycin", ["macrolide"], ["zithromax"];
    "bee_venom", "Bee venom", [], ["bee sting"], not_a_medicine;
    "benzylpenicillin", "Benzylpenicillin", ["penicillin"], ["benpen", "penicillin g"];
    "budesonide_formoterol", "Budesonide with formoterol", ["corticosteroid", "beta_agonist"], ["symbicort"];
    "cefaclor", "Cefaclor", ["cephalosporin"], ["ceclor"];
    "cefalexin", "Cefalexin", ["cephalosporin"], ["keflex", "cephalexin", "ibilex"];
    "ceftriaxone", "Ceftriaxone", ["cephalosporin"], ["rocephin"];
    "celecoxib", "Celecoxib", ["nsaid", "sulfonamide"], ["celebrex"];
    "cetirizine", "Cetirizine", ["antihistamine"], ["zyrtec"];
    "ciprofloxacin", "Ciprofloxacin", ["quinolone"], ["ciproxin"];
    "citalopram", "Citalopram", ["ssri"], ["cipramil"];
    "clarithromycin", "Clarithromycin", ["macrolide"], ["klacid"];
    "clindamycin", "Clindamycin", ["lincosamide"], ["dalacin"];
    "clopidogrel", "Clopidogrel", ["antiplatelet"], ["plavix", "iscover"];
    "codeine", "Codeine", ["opioid"], ["panadeine"];
    "dairy", "Cow's milk", [], ["milk", "dairy"], not_a_medicine;
    "diazepam", "Diazepam", ["benzodiazepine"], ["valium", "antenex"];
    "diclofenac", "Diclofenac", ["nsaid"], ["voltaren"];
    "dicloxacillin", "Dicloxacillin", ["penicillin"], ["diclocil"];
    "doxycycline", "Doxycycline", ["tetracycline"], ["doryx", "vibramycin"];
    "egg", "Egg", [], ["eggs"], not_a_medicine;
    "empagliflozin", "Empagliflozin", ["sglt2"], ["jardiance"];
    "erythromycin", "Erythromycin", ["macrolide"], ["eryc"];
    "escitalopram", "Escitalopram", ["ssri"], ["lexapro"];
    "esomeprazole", "Esomeprazole", ["ppi"], ["nexium"];
    "ethinylestradiol_levonorgestrel", "Ethinylestradiol with levonorgestrel", ["estrogen"], ["levlen", "microgynon"];
    "fish", "Fish", [], [], not_a_medicine;
    "flucloxacillin", "Flucloxacillin", ["penicillin"], ["flopen", "staphylex"];
    "fluoxetine", "Fluoxetine", ["ssri"], ["prozac", "lovan"];
    "fluticasone_salmeterol", "Fluticasone with salmeterol", ["corticosteroid", "beta_agonist"], ["seretide"];
    "frusemide", "Furosemide (frusemide)", ["sulfonamide"], ["lasix", "furosemide", "frusemide"];
    "gliclazide", "Gliclazide", ["sulfonamide", "sulfonylurea"], ["diamicron"];
    "hydrochlorothiazide", "Hydrochlorothiazide", ["sulfonamide", "thiazide"], ["dithiazide"];
    "ibuprofen", "Ibuprofen", ["nsaid"], ["nurofen", "brufen", "advil"];
    "insulin_glargine", "Insulin glargine", ["insulin"], ["lantus", "optisulin"];
    "iodinated_contrast", "Iodinated contrast", ["iodine"], ["contrast"];
    "irbesartan", "Irbesartan", ["arb"], ["avapro", "karvea"];
    "latex", "Latex", [], [], not_a_medicine;
    "levonorgestrel", "Levonorgestrel", ["progestogen"], ["mirena"];
    "levothyroxine", "Levothyroxine", ["thyroid_hormone"], ["eutroxsig", "oroxine", "thyroxine"];
    "loratadine", "Loratadine", ["antihistamine"], ["claratyne"];
    "meloxicam", "Meloxicam", ["nsaid"], ["mobic"];
    "meropenem", "Meropenem", ["carbapenem"], ["merrem"];
    "metformin", "Metformin", ["biguanide"], ["diabex", "diaformin"];
    "methotrexate", "Methotrexate", ["antifolate"], ["methoblastin"];
    "metoclopramide", "Metoclopramide", ["dopamine_antagonist"], ["maxolon", "pramin"];
    "metoprolol", "Metoprolol", ["beta_blocker"], ["betaloc", "minax"];
    "metronidazole", "Metronidazole", ["nitroimidazole"], ["flagyl"];
    "mirtazapine", "Mirtazapine", ["antidepressant"], ["avanza"];
    "morphine", "Morphine", ["opioid"], ["ms contin"];
    "naproxen", "Naproxen", ["nsaid"], ["naprosyn"];
    "nitrofurantoin", "Nitrofurantoin", ["nitrofuran"], ["macrodantin"];
    "omeprazole", "Omeprazole", ["ppi"], ["losec"];
    "oxycodone", "Oxycodone", ["opioid"], ["endone", "oxycontin", "targin"];
    "pantoprazole", "Pantoprazole", ["ppi"], ["somac"];
    "paracetamol", "Paracetamol", ["paracetamol"], ["panadol", "panamax"];
    "peanut", "Peanut", [], ["peanuts"], not_a_medicine;
    "penicillin", "Penicillins", ["penicillin"], ["penicillin", "penicillins"], not_a_medicine;
    "perindopril", "Perindopril", ["ace_inhibitor"], ["coversyl"];
    "phenoxymethylpenicillin", "Phenoxymethylpenicillin", ["penicillin"], ["penicillin v", "ldp"];
    "prednisolone", "Prednisolone", ["corticosteroid"], ["panafcortelone", "solone"];
    "pregabalin", "Pregabalin", ["gabapentinoid"], ["lyrica"];
    "prochlorperazine", "Prochlorperazine", ["phenothiazine"], ["stemetil"];
    "ramipril", "Ramipril", ["ace_inhibitor"], ["tritace"];
    "rivaroxaban", "Rivaroxaban", ["anticoagulant"], ["xarelto"];
    "rosuvastatin", "Rosuvastatin", ["statin"], ["crestor"];
    "roxithromycin", "Roxithromycin", ["macrolide"], ["rulide"];
    "salbutamol", "Salbutamol", ["beta_agonist"], ["ventolin", "asmol"];
    "sertraline", "Sertraline", ["ssri"], ["zoloft"];
    "shellfish", "Shellfish", [], ["prawns", "crustacean"], not_a_medicine;
    "simvastatin", "Simvastatin", ["statin"], ["zocor"];
    "spironolactone", "Spironolactone", ["potassium_sparing"], ["aldactone"];
    "sulfamethoxazole_trimethoprim", "Trimethoprim with sulfamethoxazole", ["sulfonamide_antibiotic", "trimethoprim"], ["bactrim", "septrin", "resprim", "cotrimoxazole"];
    "sulfonamides", "Sulfonamide antibiotics", ["sulfonamide_antibiotic"], ["sulfa", "sulphur drugs", "sulfonamide"], not_a_medicine;
    "telmisartan", "Telmisartan", ["arb"], ["micardis"];
    "tramadol", "Tramadol", ["opioid"], ["tramal"];
    "tree_nuts", "Tree nuts", [], ["almond", "cashew", "walnut"], not_a_medicine;
    "trimethoprim", "Trimethoprim", ["trimethoprim"], ["alprim", "triprim"];
    "varenicline", "Varenicline", ["nicotinic"], ["champix"];
    "venlafaxine", "Venlafaxine", ["snri"], ["efexor"];
    "warfarin", "Warfarin", ["anticoagulant"], ["coumadin", "marevan"];
    "wasp_venom", "Wasp venom", [], ["wasp sting"], not_a_medicine;
}

/// The substance of a code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static Substance> {
    SUBSTANCES.iter().find(|s| s.code == code)
}

/// Every spelling of the list between blanks, with its substance: folded once, as each medicine of a record is looked up.
static SPELLINGS: LazyLock<Vec<(String, &'static Substance)>> = LazyLock::new(|| {
    let of = |s: &'static Substance| {
        std::iter::once(&s.name).chain(s.aliases).map(move |name| (format!(" {} ", words(name)), s))
    };
    SUBSTANCES.iter().flat_map(of).collect()
});

/// The substances that a written name names: by generic name, brand or other spelling, whole words only.
#[must_use]
pub fn named(text: &str) -> Vec<&'static Substance> {
    let text = format!(" {} ", words(text));
    let mut found: Vec<&'static Substance> =
        SPELLINGS.iter().filter(|(name, _)| text.contains(name.as_str())).map(|(_, s)| *s).collect();
    found.dedup_by_key(|s| s.code);
    found
}

/// What the list offers for a few letters, best first: names that begin so, then other spellings, then words within.
#[must_use]
pub fn suggest(letters: &str, medicines_only: bool, most: usize) -> Vec<&'static Substance> {
    let wanted = words(letters);
    if wanted.is_empty() {
        return Vec::new();
    }
    let rank = |s: &Substance| {
        let name = words(s.name);
        if name.starts_with(&wanted) {
            Some(0)
        } else if s.aliases.iter().any(|a| a.starts_with(&wanted)) {
            Some(1)
        } else {
            name.split(' ').any(|w| w.starts_with(&wanted)).then_some(2)
        }
    };
    let mut found: Vec<(i32, &Substance)> = SUBSTANCES
        .iter()
        .filter(|s| s.medicine || !medicines_only)
        .filter_map(|s| Some((rank(s)?, s)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(most).map(|(_, s)| s).collect()
}

fn words(text: &str) -> String {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How a medicine meets an allergy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meets {
    /// It is the same substance.
    Same,
    /// It is of the same class.
    Class,
    /// It is of a class that is not always borne either.
    Cross,
}

/// The active allergies that a medicine meets, worst first. `code` and `text` are those of the medicine.
#[must_use]
pub fn allergies_met(allergies: &[Allergy], code: Option<&str>, text: &str) -> Vec<(Uuid, Meets)> {
    met(&to_what(allergies), code, text)
}

/// The medicines that are taken against an allergy that nobody has answered for.
#[must_use]
pub fn unanswered(allergies: &[Allergy], medicines: &[Medication]) -> Vec<(Uuid, Vec<(Uuid, Meets)>)> {
    let allergies = to_what(allergies);
    medicines
        .iter()
        .filter(|m| m.status == EntryStatus::Active && m.allergy_override.is_none())
        .filter_map(|m| {
            let met = met(&allergies, m.code.as_deref(), &m.text);
            (!met.is_empty()).then_some((m.id.0, met))
        })
        .collect()
}

/// An allergy: which, its substances in the list, and its words.
type Known = (Uuid, Vec<&'static Substance>, String);

fn to_what(allergies: &[Allergy]) -> Vec<Known> {
    let active =
        allergies.iter().filter(|a| a.status == EntryStatus::Active && a.kind != AllergyKind::NilKnown);
    active
        .map(|a| {
            let written = a.substance.as_deref().unwrap_or_default();
            (a.id.0, substances_of(a.code.as_deref(), written), words(written))
        })
        .collect()
}

fn met(allergies: &[Known], code: Option<&str>, text: &str) -> Vec<(Uuid, Meets)> {
    if allergies.is_empty() {
        return Vec::new();
    }
    let medicine = substances_of(code, text);
    let said = format!(" {} ", words(text));
    let mut met: Vec<(Uuid, Meets)> = allergies
        .iter()
        .filter_map(|(id, to, written)| {
            let closest = medicine.iter().flat_map(|m| to.iter().filter_map(|a| meets(a, m))).min();
            // What is in no list: the same words are the same thing.
            let same = !written.is_empty() && said.contains(&format!(" {written} "));
            Some((*id, closest.or(same.then_some(Meets::Same))?))
        })
        .collect();
    met.sort_by_key(|(id, meets)| (*meets, *id));
    met
}

fn substances_of(code: Option<&str>, text: &str) -> Vec<&'static Substance> {
    match code.and_then(by_code) {
        Some(known) => vec![known],
        None => named(text),
    }
}

fn meets(allergy: &Substance, medicine: &Substance) -> Option<Meets> {
    if allergy.code == medicine.code {
        return Some(Meets::Same);
    }
    if allergy.classes.iter().any(|class| medicine.classes.contains(class)) {
        return Some(Meets::Class);
    }
    let cross = CROSS.iter().any(|(a, b)| {
        let has = |s: &Substance, class: &str| s.classes.contains(&class);
        has(allergy, a) && has(medicine, b) || has(allergy, b) && has(medicine, a)
    });
    cross.then_some(Meets::Cross)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::table::Entity;
    use crate::{Rev, Row, attribution::Attribution};

    fn allergy(n: u128, substance: &str, code: Option<&str>, status: &str) -> Allergy {
        let fields = json!({
            "patient_id": Uuid::nil(), "kind": "allergy", "substance": substance, "code": code, "status": status,
            "field_changes": {}
        });
        let fields = fields.as_object().cloned().unwrap_or_default();
        let row = Row { id: Uuid::from_u128(n), rev: Rev(1), attribution: Attribution::default(), fields };
        Allergy::from_row(&row).unwrap()
    }

    #[test]
    fn a_medicine_meets_the_allergies_that_it_should_and_no_other() {
        let rows = [
            ("the same by code", "x", Some("amoxicillin"), "Amoxicillin 500 mg", Some(Meets::Same)),
            ("the same by brand name", "Amoxil", None, "amoxicillin 500 mg capsules", Some(Meets::Same)),
            ("a sister of the class", "Penicillin", None, "Augmentin Duo Forte", Some(Meets::Class)),
            ("a cousin", "penicillin", None, "cefalexin 500 mg", Some(Meets::Cross)),
            ("and the other way round", "Keflex", None, "flucloxacillin", Some(Meets::Cross)),
            (
                "what is in no list, by its words",
                "Hyoscine",
                None,
                "Hyoscine butylbromide 10 mg",
                Some(Meets::Same),
            ),
            ("food and medicine", "Egg", Some("egg"), "Amoxicillin", None),
            ("another class", "Penicillin", None, "Doxycycline 100 mg", None),
            ("a part of a word is not the word", "fish", Some("fish"), "Selfishness tonic", None),
        ];
        for (why, to, code, medicine, meets) in rows {
            let met = allergies_met(&[allergy(1, to, code, "active")], None, medicine);
            assert_eq!(met.first().map(|m| m.1), meets, "{why}");
        }
    }

    #[test]
    fn what_is_over_or_was_a_slip_warns_nobody() {
        for status in ["inactive", "entered_in_error"] {
            let old = allergy(1, "Penicillin", Some("penicillin"), status);
            assert_eq!(allergies_met(&[old], Some("amoxicillin"), "Amoxicillin"), []);
        }
    }

    #[test]
    fn the_worst_comes_first() {
        let both = [
            allergy(1, "Cefalexin", Some("cefalexin"), "active"),
            allergy(2, "Penicillin", Some("penicillin"), "active"),
        ];
        let met = allergies_met(&both, Some("amoxicillin"), "Amoxicillin");
        assert_eq!(met, [(Uuid::from_u128(2), Meets::Class), (Uuid::from_u128(1), Meets::Cross)]);
    }

    #[test]
    fn the_list_offers_beginnings_first_and_codes_are_known_once() {
        let names =
            |letters, medicines| suggest(letters, medicines, 9).iter().map(|s| s.code).collect::<Vec<_>>();
        assert_eq!(names("amox", true), ["amoxicillin", "amoxicillin_clavulanate"]);
        assert_eq!(names("keflex", true), ["cefalexin"]);
        assert_eq!(names("peanu", true), [""; 0]);
        assert_eq!(names("peanu", false), ["peanut"]);
        let mut codes: Vec<_> = SUBSTANCES.iter().map(|s| s.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SUBSTANCES.len());
    }
}
