//! From the hand that lets go of a card to the other desk's window showing it: both pages read the same computer's clock.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use super::slots::drag_by_minutes;
use crate::desktop::Window;

/// Moves a card back and forth and times each move.
pub async fn measure(
    from: &Window,
    to: &Window,
    id: &str,
    moves: usize,
    pictures: &Path,
) -> anyhow::Result<Vec<Duration>> {
    from.execute(
        "window.__let_go = 0; addEventListener('pointerup', () => { window.__let_go = Date.now(); }, true)",
        Vec::new(),
    )
    .await?;
    super::slots::scroll_to_card(to, id).await?;
    let watch = "
        const id = arguments[0];
        const start = () => document.getElementById('card-' + id)?.dataset.start;
        window.__moves = []; let last = start();
        new MutationObserver(() => {
            const now = start();
            if (now && now !== last) { last = now; window.__moves.push([now, Date.now()]); }
        }).observe(document.body, { subtree: true, childList: true, attributes: true })";
    to.execute(watch, vec![json!(id)]).await?;
    let mut times = Vec::new();
    for n in 0..moves {
        drag_by_minutes(from, id, if n % 2 == 0 { 15 } else { -15 }).await?;
        let seen = to
            .wait_for("the card to move in the other window", Duration::from_secs(10), async |w| {
                let moved = w.execute("return window.__moves", Vec::new()).await?;
                Ok(moved.get(n).and_then(|m| m.get(1)).and_then(Value::as_i64))
            })
            .await;
        if seen.is_err() {
            // What both showed instead, beside the day's other pictures.
            for (window, name) in [(from, "moved-here"), (to, "not-moved-there")] {
                window.screenshot(pictures.join(format!("failed-{name}-{n}.png"))).await?;
            }
        }
        let seen = seen?;
        // The other window may be the first to draw it: the next drag must not begin where the card was.
        let same = "const at = document.getElementById('card-' + arguments[0])?.dataset.start; return at === arguments[1]";
        let there = to.execute("return window.__moves[arguments[0]][0]", vec![json!(n)]).await?;
        from.wait_for("the card to have moved here as well", Duration::from_secs(10), async |w| {
            let moved = w.execute(same, vec![json!(id), there.clone()]).await?;
            Ok((moved == json!(true)).then_some(()))
        })
        .await?;
        let let_go = from
            .execute("return window.__let_go", Vec::new())
            .await?
            .as_i64()
            .context("a pointer went up")?;
        times.push(Duration::from_millis(u64::try_from(seen - let_go).unwrap_or(0)));
    }
    Ok(times)
}
