//! `fm-migrate draft-mapping`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wattle_fm_migrate::draft;
use wattle_fm_migrate::wire::metadata::Metadata;

#[derive(Debug, Args)]
pub(super) struct DraftMapping {
    /// The saved answer to `https://HOST/fmi/odata/v4/FILE/$metadata`.
    #[arg(long)]
    metadata: PathBuf,
    /// The FileMaker file's name.
    #[arg(long)]
    file: String,
    /// Where the draft goes; a file that is there is not written over.
    #[arg(long, default_value = "draft.toml")]
    out: PathBuf,
}

impl DraftMapping {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let path = self.metadata.display();
        let text = std::fs::read_to_string(&self.metadata).with_context(|| path.to_string())?;
        let metadata = Metadata::read(&text)
            .map_err(|why| anyhow::anyhow!("{path}: {}. Save $metadata again.", why.0))?;
        let tables = draft::draft(&metadata);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.out)
            .with_context(|| format!("{}: give another name with --out", self.out.display()))?;
        file.write_all(draft::write(&self.file, &tables).as_bytes())?;
        for t in &tables {
            let ours = t.ours.map_or_else(
                || "no table of ours".to_owned(),
                |ours| format!("{ours}, {} fields", t.mapped.len()),
            );
            eprintln!("{}: {} fields; {ours}; {} columns to look at", t.name, t.fields, t.doubts.len());
        }
        let count = |f: &dyn Fn(&draft::Drafted) -> usize| tables.iter().map(f).sum::<usize>();
        println!(
            "{}",
            serde_json::json!({
                "tables": tables.len(),
                "fields": count(&|t| t.fields),
                "mapped": count(&|t| t.mapped.len()),
                "references": count(&|t| t.references.len()),
                "doubts": count(&|t| t.doubts.len()),
            })
        );
        Ok(())
    }
}
