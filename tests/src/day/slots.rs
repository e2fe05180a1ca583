//! Where things are in the day book, in pixels and minutes, asked of the page itself.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::desktop::{Window, testid};

/// A free place of a column.
pub struct Free {
    /// Where to click.
    pub point: (i32, i32),
}

/// Finds so many free minutes in a practitioner's column, scrolling from the end of the day upwards.
pub async fn free(window: &Window, practitioner: &str, minutes: u32) -> anyhow::Result<Free> {
    window.find(&testid("daybook-grid")).await?;
    let script = "
        const [practitioner, need] = arguments;
        const grid = document.querySelector('[data-testid=daybook-grid]');
        const column = grid.querySelector(`[data-testid=column][data-practitioner='${practitioner}']`);
        if (!column) return null;
        const r = column.getBoundingClientRect(), g = grid.getBoundingClientRect();
        const top = Math.max(r.top, grid.querySelector('.heads').getBoundingClientRect().bottom) + 2;
        const bottom = Math.min(r.bottom, g.bottom, innerHeight) - 2;
        const px = +grid.dataset.pxPerMin;
        const taken = [...column.querySelectorAll('[data-testid=card]')].map(c => c.getBoundingClientRect());
        for (let y = r.bottom - need * px; y > top; y -= 15 * px) {
            if (y + need * px > bottom) continue;
            if (!taken.some(b => b.top < y + need * px && b.bottom > y)) return [r.left + r.width / 2, y + 2];
        }
        return null";
    for from_end in 0..8 {
        let scroll = "const g = document.querySelector('[data-testid=daybook-grid]');
            g.scrollTop = g.scrollHeight - g.clientHeight * (1 + arguments[0] * 0.5)";
        window.execute(scroll, vec![json!(from_end)]).await?;
        settle(window).await?;
        let found = window.execute(script, vec![json!(practitioner), json!(minutes)]).await?;
        if let Some(point) = point(&found) {
            return Ok(Free { point });
        }
    }
    bail!("no {minutes} free minutes in the column")
}

/// Drags a card by so many minutes with the mouse.
pub async fn drag_by_minutes(window: &Window, id: &str, minutes: i32) -> anyhow::Result<()> {
    scroll_to_card(window, id).await?;
    let script = "const c = document.getElementById('card-' + arguments[0]).getBoundingClientRect();
        const px = +document.querySelector('[data-testid=daybook-grid]').dataset.pxPerMin;
        return [c.left + c.width / 2, c.top + Math.min(c.height / 2, 8), px]";
    let found = window.execute(script, vec![json!(id)]).await?;
    let (x, y) = point(&found).context("the card is there")?;
    let px = found.get(2).and_then(Value::as_f64).context("pixels a minute")?;
    #[allow(clippy::cast_possible_truncation)] // a few hundred pixels
    let dy = (f64::from(minutes) * px).round() as i32;
    window.drag_from_to((x, y), (x, y + dy)).await?;
    Ok(())
}

/// Brings a card into view; only cards near the window are in the page at all.
pub async fn scroll_to_card(window: &Window, id: &str) -> anyhow::Result<()> {
    let script = "const c = document.getElementById('card-' + arguments[0]);
        if (c) { c.scrollIntoView({block: 'center', behavior: 'instant'}); return true; }
        const g = document.querySelector('[data-testid=daybook-grid]');
        if (g) g.scrollTop = g.scrollHeight * arguments[1];
        return false";
    for attempt in 0..40 {
        let fraction = f64::from(attempt % 8) / 8.0;
        if window.execute(script, vec![json!(id), json!(fraction)]).await? == json!(true) {
            settle(window).await?;
            return Ok(());
        }
        settle(window).await?;
    }
    bail!("the card is not in the day book")
}

/// Somebody of a column who can be called in: arrived or booked, and not the given one.
pub async fn somebody_to_call(window: &Window, practitioner: &str, not: &str) -> anyhow::Result<String> {
    let script = "
        const cards = [...document.querySelectorAll(`[data-testid=card][data-practitioner='${arguments[0]}']`)];
        const fits = c => ['arrived', 'booked', 'confirmed'].includes(c.dataset.status) && c.dataset.id !== arguments[1];
        return cards.find(fits)?.dataset.id ?? null";
    for attempt in 0..8 {
        let found = window.execute(script, vec![json!(practitioner), json!(not)]).await?;
        if let Some(id) = found.as_str() {
            return Ok(id.to_owned());
        }
        let scroll = "const g = document.querySelector('[data-testid=daybook-grid]'); g.scrollTop = g.scrollHeight * arguments[0]";
        window.execute(scroll, vec![json!(f64::from(attempt) / 8.0)]).await?;
        settle(window).await?;
    }
    bail!("nobody to call in")
}

/// Two frames: what has scrolled is then laid out.
async fn settle(window: &Window) -> anyhow::Result<()> {
    let script = "if (window.__settled === undefined) window.__settled = 0;
        const n = ++window.__asked || (window.__asked = 1);
        requestAnimationFrame(() => requestAnimationFrame(() => { window.__settled = n; }));
        return n";
    let n = window.execute(script, Vec::new()).await?;
    window
        .wait_for("two frames", Duration::from_secs(5), async |w| {
            let settled = w.execute("return window.__settled", Vec::new()).await?;
            Ok((settled == n).then_some(()))
        })
        .await?;
    Ok(())
}

fn point(found: &Value) -> Option<(i32, i32)> {
    #[allow(clippy::cast_possible_truncation)] // pixels of a window
    let at = |i: usize| found.get(i).and_then(Value::as_f64).map(|n| n.round() as i32);
    at(0).zip(at(1))
}
