//! Binaryen over the page: a twelfth less of it.
//!
//! Version 108, which Debian 12 has, writes 0 as the index of every table that a module exports. The page exports its second
//! one, of JavaScript's objects; with the wrong index it stays blank. We put back the index that went in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::{run, say};

const PROGRAM: &str = "wasm-opt";
/// For size; and what rustc and wasm-bindgen use of WebAssembly beyond its first version.
const ARGUMENTS: &[&str] = &[
    "-Oz",
    "--enable-reference-types",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-multivalue",
];
/// Numbers of WebAssembly's sections, and of a table among what is exported.
const TABLES: u8 = 4;
const EXPORTS: u8 = 7;
const TABLE: u8 = 1;

/// Makes a bound module smaller where Binaryen is installed. Never fails the build: the page works without.
pub(super) fn shrink(module: Vec<u8>, scratch: &Path) -> Vec<u8> {
    if !run::has(PROGRAM) {
        say::note("missing: wasm-opt (package binaryen); the page is a twelfth larger without it");
        return module;
    }
    match shrunk(&module, scratch) {
        Ok(smaller) if smaller.len() < module.len() => smaller,
        Ok(_) => module,
        Err(error) => {
            say::note(&format!("the page stays as large as it was: {error:#}"));
            module
        }
    }
}

fn shrunk(module: &[u8], scratch: &Path) -> anyhow::Result<Vec<u8>> {
    let (from, to) = (scratch.join("before.wasm"), scratch.join("after.wasm"));
    std::fs::write(&from, module).with_context(|| from.display().to_string())?;
    run::run(Command::new(PROGRAM).args(ARGUMENTS).arg(&from).arg("-o").arg(&to))?;
    put_back(module, &std::fs::read(&to).with_context(|| to.display().to_string())?)
}

/// The module `after` with the indices that `before` exports its tables under.
fn put_back(before: &[u8], after: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (old, new) = (sections(before)?, sections(after)?);
    let of = |all: &[(u8, Vec<u8>)], id| all.iter().find(|(at, _)| *at == id).map(|(_, body)| body.clone());
    ensure!(of(&old, TABLES) == of(&new, TABLES), "its tables are not the same any more");
    let exports = exports(&of(&old, EXPORTS).context("no exports")?)?;
    let tables: BTreeMap<_, _> = (exports.into_iter())
        .filter(|export| export.kind == TABLE)
        .map(|export| (export.name, export.index))
        .collect();
    let mut out = after.iter().take(8).copied().collect::<Vec<u8>>();
    for (id, body) in new {
        let body = if id == EXPORTS { renumbered(&body, &tables)? } else { body };
        out.push(id);
        number(&mut out, u32::try_from(body.len())?);
        out.extend(body);
    }
    Ok(out)
}

fn renumbered(body: &[u8], tables: &BTreeMap<Vec<u8>, u32>) -> anyhow::Result<Vec<u8>> {
    let exports = exports(body)?;
    let mut out = Vec::with_capacity(body.len());
    number(&mut out, u32::try_from(exports.len())?);
    for export in exports {
        let index = match export.kind {
            TABLE => *tables.get(&export.name).context("a table has a new name")?,
            _ => export.index,
        };
        number(&mut out, u32::try_from(export.name.len())?);
        out.extend(export.name);
        out.push(export.kind);
        number(&mut out, index);
    }
    Ok(out)
}

struct Export {
    name: Vec<u8>,
    kind: u8,
    index: u32,
}

fn exports(body: &[u8]) -> anyhow::Result<Vec<Export>> {
    let mut rest = body;
    let count = read_number(&mut rest)?;
    (0..count)
        .map(|_| {
            let length = read_number(&mut rest)?;
            let name = bytes(&mut rest, length)?.to_vec();
            let kind = byte(&mut rest)?;
            Ok(Export { name, kind, index: read_number(&mut rest)? })
        })
        .collect()
}

/// The sections after the magic word and the version.
fn sections(module: &[u8]) -> anyhow::Result<Vec<(u8, Vec<u8>)>> {
    let mut rest = module;
    ensure!(bytes(&mut rest, 8)? == b"\0asm\x01\0\0\0", "not a WebAssembly module");
    let mut sections = Vec::new();
    while !rest.is_empty() {
        let id = byte(&mut rest)?;
        let length = read_number(&mut rest)?;
        sections.push((id, bytes(&mut rest, length)?.to_vec()));
    }
    Ok(sections)
}

fn bytes<'a>(rest: &mut &'a [u8], length: u32) -> anyhow::Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(usize::try_from(length)?).context("the module is cut")?;
    *rest = left;
    Ok(taken)
}

fn byte(rest: &mut &[u8]) -> anyhow::Result<u8> {
    let (first, left) = rest.split_first().context("the module is cut")?;
    *rest = left;
    Ok(*first)
}

/// A LEB128 number.
fn read_number(rest: &mut &[u8]) -> anyhow::Result<u32> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let next = byte(rest)?;
        value |= u64::from(next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Ok(u32::try_from(value)?);
        }
    }
    anyhow::bail!("a number is too long")
}

fn number(out: &mut Vec<u8>, mut value: u32) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(tables: u8, exports: &[(&str, u8, u32)]) -> Vec<u8> {
        let mut body = Vec::new();
        number(&mut body, u32::try_from(exports.len()).unwrap());
        for (name, kind, index) in exports {
            number(&mut body, u32::try_from(name.len()).unwrap());
            body.extend(name.as_bytes());
            body.push(*kind);
            number(&mut body, *index);
        }
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        out.extend([TABLES, 1, tables, EXPORTS]);
        number(&mut out, u32::try_from(body.len()).unwrap());
        out.extend(body);
        out
    }

    #[test]
    fn the_index_of_an_exported_table_is_put_back_and_nothing_else_changes() {
        let before = module(2, &[("run", 0, 700), ("objects", TABLE, 1)]);
        // Another order, other functions, and the fault of version 108.
        let after = module(2, &[("objects", TABLE, 0), ("run", 0, 300)]);
        assert_eq!(put_back(&before, &after).unwrap(), module(2, &[("objects", TABLE, 1), ("run", 0, 300)]));
        assert!(
            put_back(&before, &module(1, &[("objects", TABLE, 0)])).is_err(),
            "tables that moved are not guessed"
        );
        assert!(put_back(&before, b"\0asm").is_err());
    }

    #[test]
    fn numbers_survive() {
        for value in [0, 1, 127, 128, 300, 16_384, u32::MAX] {
            let mut bytes = Vec::new();
            number(&mut bytes, value);
            assert_eq!(read_number(&mut bytes.as_slice()).unwrap(), value);
        }
        assert!(read_number(&mut [0xff; 6].as_slice()).is_err());
    }
}
