#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
//! To be written.

fn main() -> anyhow::Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .setup(|app| {
            tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default()).title("Wattle").build()?;
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}
