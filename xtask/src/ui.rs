//! The page: `wattle-ui` to wasm, bound to JavaScript, with its HTML and styles, into `ui/dist`.

mod shrink;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

use crate::setup::Wasm;
use crate::{places, run, say};

#[derive(clap::Args, Default, Clone, Copy)]
pub(crate) struct Arguments {
    /// Build quickly and large, for working on the page
    #[arg(long)]
    pub(crate) dev: bool,
}

/// The page starts from a file of its own: the window's policy allows no script inside the HTML.
const BOOT: &str = "import init from \"./ui.js\";\ninit({ module_or_path: \"./ui_bg.wasm\" });\n";

/// The page's code.
const MODULE: &str = "ui_bg.wasm";

/// Builds the page and prints its size.
pub(crate) fn build(wasm: &Wasm, arguments: Arguments) -> anyhow::Result<()> {
    let (profile, folder) = if arguments.dev { ("dev", "debug") } else { ("wasm", "wasm") };
    say::step(&format!("building the page ({profile})"));
    let mut command = run::cargo();
    command.args(["build", "-p=wattle-ui", "--target=wasm32-unknown-unknown", "--profile", profile]);
    wasm.prepare(&mut command);
    run::run(&mut command)?;
    let target = wasm.target_dir(places::target_wasm());
    let module = target.join("wasm32-unknown-unknown").join(folder).join("wattle-ui.wasm");
    if !module.is_file() {
        bail!("wattle-ui built no {}; it needs a src/main.rs", module.display());
    }

    let bound = target.join("bound");
    run::run(run::cargo().args(["run", "--quiet", "-p=xtask-bindgen", "--"]).arg(&module).arg(&bound))?;

    let ui = places::root().join("ui");
    let mut files = collect(&ui, &bound)?;
    if !arguments.dev
        && let Some(module) = files.remove(MODULE)
    {
        say::step("making it smaller");
        files.insert(MODULE.to_owned(), shrink::shrink(module, &target));
    }
    write(&ui.join("dist"), &files)?;

    let size = |name: &str| files.get(name).map_or(0, Vec::len);
    let (wasm_bytes, js_bytes) =
        (size(MODULE), files.iter().filter(is_script).map(|(_, b)| b.len()).sum::<usize>());
    say::result(&format!(
        "page ({profile}): {} kB (wasm {} kB, js {} kB), styles {} kB",
        (wasm_bytes + js_bytes).div_ceil(1000),
        wasm_bytes.div_ceil(1000),
        js_bytes.div_ceil(1000),
        size("styles.css").div_ceil(1000),
    ));
    Ok(())
}

fn is_script((name, _): &(&String, &Vec<u8>)) -> bool {
    name.ends_with(".js")
}

/// Every file of the page by its path in `dist`.
fn collect(ui: &Path, bound: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let html = ui.join("index.html");
    files.insert("index.html".to_owned(), std::fs::read(&html).with_context(|| html.display().to_string())?);
    files.insert("boot.js".to_owned(), BOOT.as_bytes().to_vec());
    files.insert("styles.css".to_owned(), styles(&ui.join("styles"))?);
    add_all(bound, "", &mut files)?;
    if ui.join("assets").is_dir() {
        add_all(&ui.join("assets"), "assets/", &mut files)?;
    }
    Ok(files)
}

/// All of `ui/styles` as one sheet, in the order of the files' names.
fn styles(dir: &Path) -> anyhow::Result<Vec<u8>> {
    let mut sheets = BTreeMap::new();
    if dir.is_dir() {
        add_all(dir, "", &mut sheets)?;
    }
    sheets.retain(|name, _| name.ends_with(".css"));
    Ok(sheets.into_values().flat_map(|sheet| [sheet, b"\n".to_vec()].concat()).collect())
}

fn add_all(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())?.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            add_all(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Makes `dist` hold exactly these files, touching only what differs: the desktop app embeds them and is
/// rebuilt when one is newer.
fn write(dist: &Path, files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let mut old = BTreeMap::new();
    if dist.is_dir() {
        add_all(dist, "", &mut old)?;
    }
    for name in old.keys().filter(|name| !files.contains_key(*name)) {
        std::fs::remove_file(dist.join(name))?;
    }
    for (name, content) in files.iter().filter(|(name, content)| old.get(*name) != Some(content)) {
        let path = dist.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(dist))?;
        std::fs::write(&path, content).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
