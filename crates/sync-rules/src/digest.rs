//! Digests of tables: per bucket a count and a 128-bit sum of a keyed hash of each row.
//!
//! A sum does not depend on order, so each side reads its rows as it likes. The hash is SipHash-2-4 with 128 bits under a
//! key that is drawn for each question. Both sides hash what they hold themselves; a digest that came over the wire is
//! only ever compared with, never kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use siphasher::sip128::{Hasher128, SipHasher24};
use uuid::Uuid;
use wattle_domain::Row;
use wattle_protocol::digest::{BUCKETS, Stamp};

/// A digest key that is not 16 bytes of hex, or buckets that are not as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest")]
pub struct NotADigest;

/// The key of one question.
#[derive(Clone, Copy, Debug)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of these bytes, which must be random.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads the hex of the wire.
    ///
    /// # Errors
    /// Anything but 32 hexadecimal digits.
    pub fn read(hex: &str) -> Result<Self, NotADigest> {
        let number = u128::from_str_radix(hex, 16).map_err(|_| NotADigest)?;
        if hex.len() == 32 { Ok(Self(number.to_be_bytes())) } else { Err(NotADigest) }
    }

    /// The hex of the wire.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    fn hash(self, parts: &[&[u8]]) -> u128 {
        use std::hash::Hasher as _;
        let mut hasher = SipHasher24::new_with_key(&self.0);
        for part in parts {
            hasher.write(part);
        }
        hasher.finish128().as_u128()
    }

    /// The hash of a row's stamp.
    #[must_use]
    pub fn stamp(self, stamp: &Stamp) -> u128 {
        let (rev, at) = (stamp.rev.0.to_be_bytes(), stamp.updated_at.0.to_be_bytes());
        self.hash(&[stamp.id.as_bytes(), &rev, &at])
    }

    /// The hash of a whole row. An absent field and an empty one are the same: one side may have a column that the other
    /// has no value for yet.
    #[must_use]
    pub fn content(self, row: &Row) -> u128 {
        let mut text = Vec::new();
        write(&mut text, &serde_json::to_value(row).unwrap_or_default());
        self.hash(&[&text])
    }
}

/// JSON with the keys of every object sorted and its nulls left out, whatever order a store or a map kept them in.
fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(_, value)| !value.is_null()).collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in fields {
                write(out, &Value::String(name.clone()));
                write(out, value);
            }
            out.push(b'}');
        }
        Value::Array(values) => {
            out.push(b'[');
            for value in values {
                write(out, value);
                out.push(b',');
            }
            out.push(b']');
        }
        plain => out.extend_from_slice(&serde_json::to_vec(plain).unwrap_or_default()),
    }
}

/// The bucket of a row: its id's last byte, which is random in every kind of id we make.
#[must_use]
pub fn bucket_of(id: Uuid) -> u8 {
    let [.., last] = *id.as_bytes();
    last
}

/// The sums of one table's buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets(Vec<(u64, u128)>);

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![(0, 0); BUCKETS])
    }
}

impl Buckets {
    /// Adds a row's hash to its bucket.
    pub fn add(&mut self, id: Uuid, hash: u128) {
        if let Some((count, sum)) = self.0.get_mut(usize::from(bucket_of(id))) {
            *count += 1;
            *sum = sum.wrapping_add(hash);
        }
    }

    /// Base64 of all buckets as the wire has them.
    #[must_use]
    pub fn write(&self) -> String {
        let mut bytes = Vec::with_capacity(BUCKETS * 24);
        for (count, sum) in &self.0 {
            bytes.extend_from_slice(&count.to_be_bytes());
            bytes.extend_from_slice(&sum.to_be_bytes());
        }
        STANDARD.encode(bytes)
    }

    /// Reads what [`Buckets::write`] wrote.
    ///
    /// # Errors
    /// Another shape.
    pub fn read(text: &str) -> Result<Self, NotADigest> {
        let bytes = STANDARD.decode(text).map_err(|_| NotADigest)?;
        let (buckets, rest) = bytes.as_chunks::<24>();
        if buckets.len() != BUCKETS || !rest.is_empty() {
            return Err(NotADigest);
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
        let bucket = |bytes: &[u8; 24]| {
            let (count, sum) = bytes.split_at(8);
            (u64::try_from(number(count)).unwrap_or(u64::MAX), number(sum))
        };
        Ok(Self(buckets.iter().map(bucket).collect()))
    }

    /// Base64 of one bucket as the wire has it, for [`wattle_protocol::digest::DigestAsk::content_of`].
    #[must_use]
    pub fn write_one(&self, bucket: u8) -> String {
        let (count, sum) = self.0.get(usize::from(bucket)).copied().unwrap_or_default();
        STANDARD.encode([count.to_be_bytes().as_slice(), sum.to_be_bytes().as_slice()].concat())
    }

    /// Reads what [`Buckets::write_one`] wrote; every other bucket is empty. All buckets, of which only this one is taken,
    /// will do too.
    ///
    /// # Errors
    /// Another shape.
    pub fn read_one(text: &str, bucket: u8) -> Result<Self, NotADigest> {
        let mut one = Self::default();
        let place = one.0.get_mut(usize::from(bucket)).ok_or(NotADigest)?;
        if let Ok(all) = Self::read(text) {
            *place = all.0.get(usize::from(bucket)).copied().unwrap_or_default();
            return Ok(one);
        }
        let bytes = STANDARD.decode(text).map_err(|_| NotADigest)?;
        let (count, sum) = bytes.split_at_checked(8).ok_or(NotADigest)?;
        let count = u64::from_be_bytes(count.try_into().map_err(|_| NotADigest)?);
        *place = (count, u128::from_be_bytes(sum.try_into().map_err(|_| NotADigest)?));
        Ok(one)
    }

    /// Rows in one bucket.
    #[must_use]
    pub fn count(&self, bucket: u8) -> u64 {
        self.0.get(usize::from(bucket)).map_or(0, |(count, _)| *count)
    }

    /// The buckets that are not the same on the other side.
    #[must_use]
    pub fn differ(&self, other: &Self) -> Vec<u8> {
        let pairs = self.0.iter().zip(&other.0).zip(0_u8..=u8::MAX);
        pairs.filter(|((ours, theirs), _)| ours != theirs).map(|(_, bucket)| bucket).collect()
    }

    /// Rows in all buckets.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|(count, _)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wattle_domain::{Rev, UtcInstant};

    use super::*;

    fn stamp(id: u128, rev: i64, at: i64) -> Stamp {
        Stamp { id: Uuid::from_u128(id), rev: Rev(rev), updated_at: UtcInstant(at) }
    }

    fn digest(key: Key, stamps: &[Stamp]) -> Buckets {
        let mut buckets = Buckets::default();
        for stamp in stamps {
            buckets.add(stamp.id, key.stamp(stamp));
        }
        buckets
    }

    #[test]
    fn a_lost_tail_that_counts_the_same_revision_again_is_seen() {
        let key = Key::new([7; 16]);
        let (before, after) = (stamp(1, 5, 1000), stamp(1, 5, 2000));
        assert_eq!(digest(key, &[before]).differ(&digest(key, &[after])), [1]);
    }

    #[test]
    fn keys_and_buckets_survive_the_wire_and_nothing_else_is_read() {
        let key = Key::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(key.to_hex(), "000102030405060708090a0b0c0d0eff");
        assert!(Key::read(&key.to_hex()).is_ok_and(|read| read.0 == key.0));
        for wrong in ["", "00", "000102030405060708090a0b0c0d0efg", "+00102030405060708090a0b0c0d0eff0"] {
            assert!(Key::read(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "AAAA", "%"] {
            assert_eq!(Buckets::read(wrong), Err(NotADigest), "{wrong}");
            assert_eq!(Buckets::read_one(wrong, 3), Err(NotADigest), "{wrong}");
        }
    }

    #[test]
    fn one_bucket_travels_alone() {
        let key = Key::new([7; 16]);
        let all = digest(key, &[stamp(3, 1, 1), stamp(0x103, 1, 1), stamp(4, 1, 1)]);
        let one = Buckets::read_one(&all.write_one(3), 3).unwrap();
        assert_eq!((one.count(3), one.count(4), one.rows()), (2, 0, 2));
        assert_eq!(one.differ(&all), [4], "the bucket itself is the same");
        assert_eq!(Buckets::read_one(&all.write(), 3), Ok(one), "all of them will do");
    }

    #[test]
    fn a_column_that_only_one_side_knows_is_no_difference_while_it_is_null() {
        let key = Key::new([7; 16]);
        let mut fields = wattle_domain::Fields::new();
        fields.insert("name".into(), "x".into());
        let mut row = Row { id: Uuid::nil(), rev: Rev(1), attribution: Default::default(), fields };
        let without = key.content(&row);
        row.fields.insert("new".into(), serde_json::Value::Null);
        assert_eq!(key.content(&row), without);
        row.fields.insert("new".into(), 1.into());
        assert_ne!(key.content(&row), without);
    }

    #[test]
    fn contents_agree_whatever_the_order_of_keys_and_differ_by_any_value() {
        let key = Key::new([3; 16]);
        let row = |fields: &str| Row {
            id: Uuid::from_u128(1),
            rev: Rev(1),
            attribution: Default::default(),
            fields: serde_json::from_str(fields).unwrap(),
        };
        let hash = |fields: &str| key.content(&row(fields));
        let one = hash(r#"{"a":{"x":1,"y":[1,2]},"b":"t","c":null}"#);
        assert_eq!(one, hash(r#"{"b":"t","a":{"y":[1,2],"x":1}}"#));
        for other in
            [r#"{"a":{"x":1,"y":[2,1]},"b":"t"}"#, r#"{"a":{"x":1,"y":[12]},"b":"t"}"#, r#"{"b":"t"}"#]
        {
            assert_ne!(one, hash(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn equal_sets_agree_in_any_order_and_one_change_shows_in_its_bucket(
            ids in proptest::collection::btree_map(any::<u128>(), (1..9_i64, any::<i64>()), 1..60),
            which in any::<prop::sample::Index>(),
            key in any::<[u8; 16]>(),
        ) {
            let key = Key::new(key);
            let rows: Vec<Stamp> = ids.iter().map(|(id, (rev, at))| stamp(*id, *rev, *at)).collect();
            let mut turned: Vec<Stamp> = rows.iter().rev().copied().collect();
            let ours = digest(key, &rows);
            prop_assert_eq!(&ours, &digest(key, &turned));
            prop_assert_eq!(Buckets::read(&ours.write()), Ok(ours.clone()));
            let changed = which.index(turned.len());
            turned[changed].rev = Rev(turned[changed].rev.0 + 1);
            prop_assert_eq!(ours.differ(&digest(key, &turned)), vec![bucket_of(turned[changed].id)]);
        }
    }
}
