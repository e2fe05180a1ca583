//! Values over time as a picture that can be hovered and read out; the same as a table beside it.

use leptos::prelude::*;
use wattle_domain::UtcInstant;
use wattle_domain::measure::decimal;

const WIDTH: i64 = 360;
const HEIGHT: i64 = 132;
/// Room for the numbers on the left, and above and below the line.
const LEFT: i64 = 38;
const TOP: i64 = 10;
const BOTTOM: i64 = 20;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// When.
    pub(crate) at: UtcInstant,
    /// How much, in thousandths.
    pub(crate) milli: i64,
    /// The second value (diastolic).
    pub(crate) second: Option<i64>,
}

/// Where points lie in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    from: i64,
    span: i64,
    least: i64,
    range: i64,
    step: i64,
}

impl Scale {
    fn of(points: &[Point]) -> Option<Self> {
        let (first, last) = (points.iter().map(|p| p.at.0).min()?, points.iter().map(|p| p.at.0).max()?);
        let values = || points.iter().flat_map(|p| [Some(p.milli), p.second]).flatten();
        let (low, high) = (values().min()?, values().max()?);
        let step = round_step((high - low).max(1_000) / 3);
        let least = low.div_euclid(step) * step;
        let top = (high + step - 1).div_euclid(step) * step;
        Some(Self { from: first, span: (last - first).max(1), least, range: (top - least).max(step), step })
    }

    fn x(self, at: UtcInstant) -> i64 {
        LEFT + 6 + (at.0 - self.from) * (WIDTH - LEFT - 14) / self.span
    }

    fn y(self, milli: i64) -> i64 {
        HEIGHT - BOTTOM - (milli - self.least) * (HEIGHT - TOP - BOTTOM) / self.range
    }

    fn lines(self) -> impl Iterator<Item = i64> {
        (0..).map(move |n| self.least + n * self.step).take_while(move |v| *v <= self.least + self.range)
    }
}

/// 1, 2 or 5 times a power of ten, not below what is asked.
fn round_step(least: i64) -> i64 {
    let mut power = 1;
    loop {
        for n in [1, 2, 5] {
            if n * power >= least {
                return n * power;
            }
        }
        power *= 10;
    }
}

/// A line through the points, oldest first. `said` is what it shows: `Weight`; `unit` stands behind each value.
#[component]
pub(crate) fn Chart(
    said: String,
    unit: &'static str,
    decimals: u32,
    points: Vec<Point>,
    zone: wattle_domain::ClinicZone,
    #[prop(into)] test_id: String,
) -> impl IntoView {
    let scale = Scale::of(&points)?;
    let value = move |p: &Point| {
        let first = decimal(p.milli, decimals);
        p.second.map_or_else(|| first.clone(), |s| format!("{first}/{}", decimal(s, decimals)))
    };
    let day = move |at: UtcInstant| zone.date(at).0.format("%-d %b %Y").to_string();
    let path = move |part: fn(&Point) -> Option<i64>, points: &[Point]| {
        let places = points.iter().filter_map(|p| Some(format!("{},{}", scale.x(p.at), scale.y(part(p)?))));
        places.collect::<Vec<_>>().join(" ")
    };
    let (first, last) = (points.first()?, points.last()?);
    let told = format!(
        "{said} from {} to {}: first {} {unit}, last {} {unit}.",
        day(first.at),
        day(last.at),
        value(first),
        value(last)
    );
    let ends = (day(first.at), day(last.at), scale.x(last.at));
    let same_day = ends.0 == ends.1;
    let dots = points.iter().flat_map(|p| {
        let title = format!("{}: {} {unit}", day(p.at), value(p));
        [Some(p.milli), p.second].into_iter().flatten().map(move |v| {
            view! { <circle class="dot" cx=scale.x(p.at) cy=scale.y(v) r="3.5"><title>{title.clone()}</title></circle> }
        }).collect::<Vec<_>>()
    });
    let table = points
        .iter()
        .rev()
        .map(|p| view! { <tr><td>{day(p.at)}</td><td>{value(p)}" "{unit}</td></tr> })
        .collect_view();
    let seconds = points.iter().any(|p| p.second.is_some());
    Some(view! {
        <figure class="chart" data-testid=test_id>
            <figcaption><b>{said.clone()}</b><span class="soft tabular">{value(last)}" "{unit}</span></figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=told>
                {scale.lines().map(|v| view! {
                    <line class="grid" x1=LEFT x2=WIDTH y1=scale.y(v) y2=scale.y(v)></line>
                    <text class="axis" x=LEFT - 6 y=scale.y(v) + 4 text-anchor="end">{decimal(v, decimals)}</text>
                }).collect_view()}
                <text class="axis" x=LEFT + 6 y=HEIGHT - 4>{ends.0}</text>
                {(!same_day).then(|| view! { <text class="axis" x=ends.2 + 4 y=HEIGHT - 4 text-anchor="end">{ends.1}</text> })}
                <polyline class="curve" points=path(|p| Some(p.milli), &points)></polyline>
                {seconds.then(|| view! { <polyline class="curve second" points=path(|p| p.second, &points)></polyline> })}
                {dots.collect_view()}
            </svg>
            <details class="past"><summary>"As a table"</summary>
                <table class="plain"><thead><tr><th>"Day"</th><th>"Value"</th></tr></thead><tbody>{table}</tbody></table></details>
        </figure>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_every_point_and_has_round_lines() {
        let at = |at: i64, milli: i64| Point { at: UtcInstant(at), milli, second: None };
        let rows: [&[Point]; 4] = [
            &[at(0, 70_000)],
            &[at(0, 70_000), at(5, 70_000)],
            &[at(0, 36_400), at(9, 39_100), at(20, 37_000)],
            &[at(0, 300), at(9, 399_000)],
        ];
        for points in rows {
            let scale = Scale::of(points).unwrap();
            let lines: Vec<i64> = scale.lines().collect();
            assert!((2..=6).contains(&lines.len()), "{lines:?}");
            for point in points {
                assert!((TOP..=HEIGHT - BOTTOM).contains(&scale.y(point.milli)), "{point:?} {scale:?}");
                assert!((LEFT..=WIDTH).contains(&scale.x(point.at)));
            }
        }
        assert_eq!(Scale::of(&[]), None);
        assert_eq!([1, 3, 600, 1_001].map(round_step), [1, 5, 1_000, 2_000]);
    }
}
