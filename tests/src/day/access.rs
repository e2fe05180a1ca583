//! What a screen reader and a keyboard find: every control has a name, the grid is a grid, the arrows walk it.

use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use crate::desktop::{Window, testid};

/// Every control on the screen has a name that can be said.
pub async fn every_control_has_a_name(window: &Window, page: &str) -> anyhow::Result<()> {
    let script = "
        const said = e => (e.getAttribute('aria-label') || '').trim()
            || (e.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id)?.innerText ?? '').join('').trim()
            || [...(e.labels ?? [])].map(l => l.innerText).join('').trim()
            || (e.tagName === 'INPUT' ? '' : e.innerText.trim()) || (e.title || '').trim();
        const controls = [...document.querySelectorAll('button, input, select, textarea, a[href], [role=button], [role=option], [role=gridcell], [tabindex=\"0\"]')];
        const shown = e => e.offsetParent !== null || getComputedStyle(e).position === 'fixed';
        const nameless = controls.filter(e => shown(e) && !said(e));
        return [controls.length, nameless.map(e => e.outerHTML.slice(0, 120))]";
    let found = window.execute(script, Vec::new()).await?;
    let controls = found.get(0).and_then(Value::as_u64).unwrap_or(0);
    let nameless = found.get(1).and_then(Value::as_array).cloned().unwrap_or_default();
    ensure!(controls > 3, "{page}: there are controls to look at");
    ensure!(nameless.is_empty(), "{page}: controls without a name: {nameless:?}");
    Ok(())
}

/// The day book is an ARIA grid that the arrow keys walk.
pub async fn arrows_walk_the_grid(window: &Window) -> anyhow::Result<()> {
    let roles = "
        const g = document.querySelector('[data-testid=daybook-grid]');
        g.focus();
        return [g.getAttribute('role'), g.querySelectorAll('[role=columnheader]').length, g.querySelectorAll('[role=row]').length,
            g.querySelectorAll('[role=gridcell]').length, document.activeElement === g]";
    let found = window.execute(roles, Vec::new()).await?;
    let at_least = |i: usize, n: u64| found.get(i).and_then(Value::as_u64).is_some_and(|found| found >= n);
    ensure!(found.get(0) == Some(&json!("grid")), "the day book is a grid");
    ensure!(at_least(1, 2) && at_least(2, 2) && at_least(3, 1), "with heads, rows and cells: {found}");
    ensure!(found.get(4) == Some(&json!(true)), "that takes the focus");

    // Where the cursor is: on a card by its name for screen readers, on a free slot by its place.
    let place = "const g = document.querySelector('[data-testid=daybook-grid]');
        const at = document.getElementById(g.getAttribute('aria-activedescendant'))?.getBoundingClientRect();
        return [g.getAttribute('aria-activedescendant'), at?.left ?? 0, (at?.top ?? 0) + g.scrollTop]";
    for key in ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"] {
        let before = window.execute(place, Vec::new()).await?;
        window.press(&[key]).await?;
        window
            .wait_for(&format!("{key} to move the cursor"), Duration::from_secs(5), async |w| {
                let now = w.execute(place, Vec::new()).await?;
                Ok((now != before).then_some(()))
            })
            .await?;
    }
    window.press(&["w"]).await?;
    window.find(&format!("{}[aria-checked='true']", testid("span-week"))).await?;
    window.press(&["w"]).await?;
    window.press(&["t"]).await?;
    Ok(())
}
