//! One wrong letter.

/// Whether one inserted, missing or other letter, or two swapped neighbours, make one word of the other.
#[must_use]
pub fn within_one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.get(same_start..).unwrap_or_default(), b.get(same_start..).unwrap_or_default());
    match (rest_a, rest_b) {
        ([], []) | ([_], []) | ([], [_]) => true,
        ([x1, x2, tail_a @ ..], [y1, y2, tail_b @ ..]) if x1 == y2 && x2 == y1 && tail_a == tail_b => true,
        ([_, tail_a @ ..], [_, tail_b @ ..]) => tail_a == tail_b || tail_a == rest_b || rest_a == tail_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_and_no_more() {
        for (a, b) in
            [("smith", "smith"), ("smith", "smit"), ("smth", "smith"), ("smith", "smyth"), ("simth", "smith")]
        {
            assert!(within_one_edit(a, b) && within_one_edit(b, a), "{a} {b}");
        }
        for (a, b) in [("smith", "smithes"), ("smith", "smiht5"), ("jon", "ann"), ("", "ab")] {
            assert!(!within_one_edit(a, b) && !within_one_edit(b, a), "{a} {b}");
        }
    }
}
