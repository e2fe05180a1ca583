//! One line of a patient search: the name with the matched part marked, and what tells namesakes apart.

use leptos::prelude::*;
use wattle_protocol::ipc::patients::PatientHit;

use crate::components::icon::Icon;
use crate::show;
use crate::state::desk::desk;

/// A line of a list box.
#[component]
pub(crate) fn HitLine(
    hit: PatientHit,
    /// The keyboard is on it.
    on: Signal<bool>,
    /// For scripts.
    test_id: &'static str,
    /// Called with Enter or a click.
    chosen: Callback<()>,
    /// Called when the pointer comes over it.
    over: Callback<()>,
) -> impl IntoView {
    let desk = desk();
    let line = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if on.get()
            && let Some(line) = line.get()
        {
            nearest(&line);
        }
    });
    let name = show::hit(&hit);
    let birth = hit.birth_date;
    let phone = hit.phone.as_deref().map(show::tel);
    let matched_phone = phone.as_ref().is_some_and(|_| {
        let stored: String = hit.phone.iter().flat_map(|p| p.chars()).filter(char::is_ascii_digit).collect();
        hit.matched.iter().any(|m| {
            let digits = m.trim_start_matches('0');
            digits.len() > 2 && digits.chars().all(|c| c.is_ascii_digit()) && stored.contains(digits)
        })
    });
    view! {
        <div class="hit" role="option" node_ref=line aria-selected=move || on.get().to_string() class:on=on data-testid=test_id data-id=hit.id.to_string()
            on:click=move |_| chosen.run(()) on:pointermove=move |_| over.run(())>
            <div class="hit-main">
                <span class="hit-name cut">{marked(&name, &hit.matched)}</span>
                {hit.deceased.then(|| view! { <span class="tag">"Deceased"</span> })}
                {hit.fuzzy.then(|| view! { <span class="tag">"sounds like"</span> })}
                {hit.pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server">{Icon::CloudUp.svg()}</span> })}
            </div>
            <div class="hit-more tabular">
                <span>{move || birth.map_or_else(|| "birth date not known".to_owned(), |b| show::born(b, desk.today.get()))}</span>
                <span class:matched=matched_phone>{phone}</span>
                <span class="cut">{hit.suburb.clone()}</span>
            </div>
        </div>
    }
}

/// The last line: nobody of these.
pub(crate) fn register_line(
    typed: RwSignal<String>,
    on: Signal<bool>,
    test_id: &'static str,
    chosen: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="hit new" role="option" aria-selected=move || on.get().to_string() class:on=on data-testid=test_id on:click=move |_| chosen.run(())>
            {Icon::PersonPlus.svg()}<span class="cut">"Register "<b>{move || typed.get().trim().to_owned()}</b>" as a new patient"</span>
        </div>
    }
}

/// Scrolls a line into sight, no further than needed.
pub(crate) fn nearest(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// A name with the parts that matched marked.
fn marked(name: &str, matched: &[String]) -> impl IntoView + use<> {
    pieces(name, matched)
        .into_iter()
        .map(|(text, hit)| if hit { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() })
        .collect_view()
}

/// The name in pieces; `true` where the beginning of a word matches.
fn pieces(name: &str, matched: &[String]) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find([' ', '-', '(', ')', '\'']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let folded = fold(word);
        let hit = matched
            .iter()
            .filter(|m| !m.is_empty() && folded.starts_with(m.as_str()))
            .map(|m| m.chars().count())
            .max();
        let marked = hit.unwrap_or(0);
        let head: String = word.chars().take(marked).collect();
        let tail: String = word.chars().skip(marked).collect();
        if !head.is_empty() {
            out.push((head, true));
        }
        let separator = after.chars().next();
        let plain: String = tail.chars().chain(separator).collect();
        if !plain.is_empty() {
            out.push((plain, false));
        }
        rest = separator.and_then(|c| after.get(c.len_utf8()..)).unwrap_or_default();
    }
    out
}

/// Lower case, common accents off, one character for one: good enough to place a mark.
fn fold(word: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' | 'ễ' | 'ế' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        c => c,
    };
    word.chars().map(|c| plain(c.to_lowercase().next().unwrap_or(c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(name: &str, matched: &[&str]) -> String {
        let matched: Vec<String> = matched.iter().map(|m| (*m).to_owned()).collect();
        pieces(name, &matched).into_iter().map(|(t, hit)| if hit { format!("[{t}]") } else { t }).collect()
    }

    #[test]
    fn the_matched_beginning_of_each_word_is_marked() {
        assert_eq!(marks("COSTA Maria (Mia)", &["cos", "mi"]), "[COS]TA Maria ([Mi]a)");
        assert_eq!(marks("O'BRIEN Zoë", &["zoe"]), "O'BRIEN [Zoë]");
        assert_eq!(marks("NGUYEN", &[]), "NGUYEN");
        assert_eq!(marks("", &["a"]), "");
    }
}
