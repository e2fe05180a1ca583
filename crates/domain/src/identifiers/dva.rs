//! Department of Veterans' Affairs file numbers (METeOR 339127).

use super::Odd;

/// Capitals, trimmed; an inner space is kept, since a blank is a war code.
#[must_use]
pub fn clean(text: &str) -> String {
    text.trim().to_uppercase()
}

/// Checks state letter, war code (1 to 3 letters or one space), digits (6, 5 or 4 with the code's length), optional dependant.
///
/// # Errors
/// What is odd about it.
pub fn check(cleaned: &str) -> Result<(), Odd> {
    let chars: Vec<char> = cleaned.chars().collect();
    if !(3..=9).contains(&chars.len()) {
        return Err(Odd::Length);
    }
    let Some((state, rest)) = chars.split_first() else { return Err(Odd::Length) };
    if !"NVQWST".contains(*state) {
        return Err(Odd::Prefix);
    }
    let code = if rest.first() == Some(&' ') {
        1
    } else {
        rest.iter().take_while(|c| c.is_ascii_uppercase()).count()
    };
    let longest = match code {
        1 => 6,
        2 => 5,
        3 => 4,
        _ => return Err(Odd::Characters),
    };
    let digits = rest.iter().skip(code).take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 || digits > longest {
        return Err(Odd::Length);
    }
    match rest.iter().skip(code + digits).collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        [dependant] if dependant.is_ascii_uppercase() => Ok(()),
        _ => Err(Odd::Characters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        assert_eq!(check("NBUR9080"), Ok(()));
        assert_eq!(check("QX901583"), Ok(()));
        assert_eq!(check("N 123456A"), Ok(()), "a blank war code and a dependant");
        assert_eq!(check("ABUR9080"), Err(Odd::Prefix));
        assert_eq!(check("NBUR90801"), Err(Odd::Length), "three letters leave four digits");
    }
}
