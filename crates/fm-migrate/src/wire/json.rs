//! JSON with its values as found: numbers keep their digits, and FileMaker's bare `?` is a value of its own.
//!
//! An own parser: serde_json turns numbers into binary64 and refuses `?`, and both would lose what somebody typed.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number, digit for digit.
    Number(String),
    /// Text.
    Text(String),
    /// `[…]`.
    List(Vec<Json>),
    /// `{…}`, in order.
    Object(Vec<(String, Json)>),
    /// A bare `?`: what FileMaker's OData writes for a value that does not fit its field's type.
    Question,
}

/// It is no JSON, from this byte on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Bytes from the start.
    pub at: usize,
}

/// Deeper than any reply of FileMaker's.
const DEEPEST: usize = 64;

impl Json {
    /// Reads a whole text.
    ///
    /// # Errors
    /// Where it stops being JSON.
    pub fn read(text: &str) -> Result<Self, Broken> {
        let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(reader.broken()) }
    }

    /// A field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A field under OData's names of either age: `@nextLink`, `@odata.nextLink`.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&Self> {
        self.get(&format!("@{name}")).or_else(|| self.get(&format!("@odata.{name}")))
    }

    /// The elements of a list; none of anything else.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Text, or a number's digits.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, also one in quotes.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        self.text()?.parse().ok()
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn broken(&self) -> Broken {
        Broken { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Result<(), Broken> {
        if self.peek() != Some(byte) {
            return Err(self.broken());
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Broken> {
        let here = self.bytes.get(self.at..).unwrap_or_default();
        if !here.starts_with(word.as_bytes()) {
            return Err(self.broken());
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self, depth: usize) -> Result<Json, Broken> {
        if depth > DEEPEST {
            return Err(self.broken());
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.items(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'?') => self.word("?", Json::Question),
            Some(b'-' | b'.' | b'0'..=b'9') => Ok(self.number()),
            _ => Err(self.broken()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Broken> {
        self.eat(b'{')?;
        let mut fields = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(fields));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.blanks();
            self.eat(b':')?;
            fields.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Json::Object(fields));
            }
            self.eat(b',')?;
        }
    }

    fn items(&mut self, depth: usize) -> Result<Json, Broken> {
        self.eat(b'[')?;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Json::List(items));
            }
            self.eat(b',')?;
        }
    }

    fn number(&mut self) -> Json {
        let from = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        Json::Number(self.text.get(from..self.at).unwrap_or_default().to_owned())
    }

    fn string(&mut self) -> Result<String, Broken> {
        self.eat(b'"')?;
        let mut out = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\')) {
                self.at += 1;
            }
            out.push_str(self.text.get(from..self.at).ok_or(Broken { at: from })?);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(_) => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                None => return Err(self.broken()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Broken> {
        let byte = self.peek().ok_or(self.broken())?;
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{08}',
            b'f' => '\u{0C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                if !(0xD800..0xDC00).contains(&first) {
                    return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.eat(b'\\')?;
                self.eat(b'u')?;
                let second = self.hex()?;
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF);
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.broken()),
        })
    }

    fn hex(&mut self) -> Result<u32, Broken> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(self.broken())?;
        let value = u32::from_str_radix(digits, 16).map_err(|_| self.broken())?;
        self.at += 4;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let read = Json::read(
            r#"{"a":.57999999999999996,"b":0.10,"c":?,"d":"?","e":[1e3,-0],"f":"\ud83d\ude00\u000b"}"#,
        );
        let read = read.unwrap();
        assert_eq!(read.get("a"), Some(&Json::Number(".57999999999999996".into())));
        assert_eq!(read.get("b"), Some(&Json::Number("0.10".into())));
        assert_eq!(read.get("c"), Some(&Json::Question));
        assert_eq!(read.get("d"), Some(&Json::Text("?".into())), "a typed question mark is text");
        assert_eq!(read.get("f"), Some(&Json::Text("\u{1F600}\u{0B}".into())));
        for broken in ["{", "[1,]", "{\"a\" 1}", "\"a", "nul", "{}x", "", "<html>", "\"\\u12\""] {
            assert!(Json::read(broken).is_err(), "{broken}");
        }
        assert!(Json::read(&"[".repeat(100_000)).is_err(), "no depth breaks it");
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::Null, serde_json::Value::Null) => true,
            (Json::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Json::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
            (Json::Text(a), serde_json::Value::String(b)) => a == b,
            (Json::List(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_read_as_it_was(value in value()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let read = Json::read(&text).unwrap();
                prop_assert!(same(&read, &value), "{}", text);
            }
        }

        #[test]
        fn no_text_panics_and_a_cut_reply_is_refused(value in value(), cut in 0.0..1.0) {
            let text = format!("{{\"a\":{value}}}");
            let mut at = (text.len() as f64 * cut) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            prop_assert!(Json::read(text.get(..at).unwrap()).is_err());
        }
    }
}
