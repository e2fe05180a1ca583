//! Turns a compiled page (`wasm32-unknown-unknown`) into `ui.js` and `ui_bg.wasm` for a `<script type="module">`.
//!
//! Must never: build or copy anything else. Called by: `cargo xtask ui`.

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, out] = arguments.as_slice() else { bail!("usage: xtask-bindgen PAGE.wasm OUT_FOLDER") };
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .out_name("ui")
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .with_context(|| format!("binding {wasm} into {out}"))
}
