//! Telephone and identifier numbers that look right, made from chance.
//!
//! Telephones come from what the ACMA keeps free for fiction: 02/03/07/08 5550 xxxx and 7010 xxxx, and the mobile numbers in
//! 0491 57x xxx. Identifiers pass their check digit unless `good` is false.

use super::random::Random;

/// Mobile numbers that ACMA names for fiction; the blocks around them serve when these are used up.
const MOBILES: &[u32] = &[
    570_006, 570_156, 570_157, 570_158, 570_159, 570_110, 570_313, 570_737, 571_266, 571_491, 571_804,
    572_549, 572_665, 572_983, 573_770, 573_087, 574_118, 574_632, 575_254, 575_789, 576_398, 576_801,
    577_426, 577_644, 578_957, 578_148, 578_888, 579_212, 579_760, 579_455,
];

/// The `n`th mobile number, ten digits; they repeat after some ten thousand.
pub(super) fn mobile(n: u32) -> String {
    let scattered = || 570_000 + n.wrapping_mul(7_919) % 10_000;
    format!("0491{:06}", MOBILES.get(n as usize).copied().unwrap_or_else(scattered))
}

/// The `n`th home number, ten digits; they repeat after 20,000.
pub(super) fn landline(n: u32) -> String {
    let n = n.wrapping_mul(6_007);
    format!("02{}{:04}", if n % 20_000 < 10_000 { "5550" } else { "7010" }, n % 10_000)
}

/// Ten digits as people type them: with or without spaces, brackets, +61.
pub(super) fn typed(random: &mut Random, digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    if digits.starts_with("04") {
        match random.below(10) {
            0..=4 => format!("{} {} {}", part(0, 4), part(4, 7), part(7, 10)),
            5..=7 => digits.to_string(),
            8 => format!("+61 {} {} {}", part(1, 4), part(4, 7), part(7, 10)),
            _ => format!("{}-{}-{}", part(0, 4), part(4, 7), part(7, 10)),
        }
    } else {
        match random.below(10) {
            0..=3 => format!("({}) {} {}", part(0, 2), part(2, 6), part(6, 10)),
            4..=6 => format!("{} {} {}", part(0, 2), part(2, 6), part(6, 10)),
            7 => digits.to_string(),
            // Without area code, as written for decades; the clinic's own is meant.
            _ => format!("{} {}", part(2, 6), part(6, 10)),
        }
    }
}

fn digits(random: &mut Random, n: usize) -> Vec<u32> {
    (0..n).map(|_| random.below(10)).collect()
}

fn text(digits: &[u32]) -> String {
    digits.iter().filter_map(|d| char::from_digit(*d, 10)).collect()
}

/// Ten digits of a Medicare card.
pub(super) fn medicare(random: &mut Random, good: bool) -> String {
    let mut number = vec![2 + random.below(5)];
    number.extend(digits(random, 7));
    let sum: u32 = number.iter().zip([1, 3, 7, 9, 1, 3, 7, 9]).map(|(d, w)| d * w).sum();
    number.push((sum + u32::from(!good)) % 10);
    number.push(1 + random.below(4));
    text(&number)
}

/// An Individual Healthcare Identifier (`800360…`) or HPI-I (`800361…`).
pub(super) fn healthcare(random: &mut Random, prefix: &str, good: bool) -> String {
    let mut number: Vec<u32> = prefix.chars().filter_map(|c| c.to_digit(10)).collect();
    number.extend(digits(random, 9));
    let luhn = |number: &[u32]| -> u32 {
        let doubled = |(i, d): (usize, &u32)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { *d };
        number.iter().rev().enumerate().map(doubled).sum()
    };
    number.push((10 - luhn(&number) % 10 + u32::from(!good)) % 10);
    text(&number)
}

/// A provider number: stem, location character, check character.
pub(super) fn provider(random: &mut Random, good: bool) -> String {
    const LOCATIONS: &[char] = &[
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K',
        'L', 'M', 'N', 'P', 'Q', 'R', 'T', 'U', 'V', 'W', 'X', 'Y',
    ];
    const CHECKS: &[char] = &['Y', 'X', 'W', 'T', 'L', 'K', 'J', 'H', 'F', 'B', 'A'];
    let mut stem = vec![2 + random.below(4)];
    stem.extend(digits(random, 5));
    let place = random.below(32);
    let sum: u32 = stem.iter().zip([3, 5, 8, 4, 2, 1]).map(|(d, w)| d * w).sum::<u32>() + 6 * place;
    let at = (sum + u32::from(!good)) % 11;
    let pick = |list: &[char], i: u32| list.get(i as usize).copied().unwrap_or('0');
    format!("{}{}{}", text(&stem), pick(LOCATIONS, place), pick(CHECKS, at))
}

/// A DVA file number of New South Wales with one war-code letter.
pub(super) fn dva(random: &mut Random) -> String {
    format!("NX{:06}", 100_000 + random.below(899_999))
}

/// An AHPRA registration of a medical practitioner.
pub(super) fn ahpra(random: &mut Random) -> String {
    format!("MED000{:07}", 1_000_000 + random.below(999_999))
}
