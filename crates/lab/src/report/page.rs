//! The HTML page: the template and its data.

use super::line_page::LinePart;
use super::numbers::{duration, latency, percent, rounded, thousands};
use super::{Check, CheckStatus, Latency, Report, curve, throughput};
use anyhow::Context;
use askama::Template;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    throughput: String,
    curve: String,
    tiles: Vec<Tile>,
    latencies: [LatencyRow; 2],
    line: Option<LinePart>,
    tickets: Option<TicketPart>,
}

/// A sale of tickets.
struct TicketPart {
    rows: [LatencyRow; 6],
    facts: Vec<(&'static str, String)>,
}

/// One large number.
struct Tile {
    value: String,
    label: &'static str,
    label_ko: &'static str,
    note: String,
}

pub(super) struct LatencyRow {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) name_ko: &'static str,
    pub(super) cells: [String; 7],
}

pub(super) fn render(report: &Report) -> anyhow::Result<String> {
    let page = Page {
        report,
        throughput: throughput::draw(&report.timeline, &report.figures),
        curve: curve::draw(&report.success, &report.refusal),
        tiles: tiles(report),
        latencies: [
            latency_row("success", "Issued", "발급", &report.success),
            latency_row("refusal", "Refused", "거절", &report.refusal),
        ],
        line: report.line.as_ref().map(LinePart::new),
        tickets: report.tickets.as_ref().map(|sale| TicketPart { rows: sale.rows(), facts: sale.facts() }),
    };
    page.render().context("cannot render the report")
}

fn tiles(report: &Report) -> Vec<Tile> {
    let figures = &report.figures;
    let rate_note = match figures.asked_per_second {
        Some(asked) => format!("{} requested", thousands(asked.into())),
        None => "no rate limit".into(),
    };
    let sold_out = match figures.sold_out_seconds {
        Some(at) => format!("sold out after {}", duration(at)),
        None => "not sold out".into(),
    };
    let tile = |value, label, label_ko, note| Tile { value, label, label_ko, note };
    vec![
        tile(
            thousands(figures.users.into()),
            "users",
            "참여자",
            format!("over {} connections", thousands(figures.connections as u64)),
        ),
        tile(
            thousands(figures.issued),
            if report.tickets.is_some() { "tickets sold" } else { "coupons issued" },
            if report.tickets.is_some() { "판매된 티켓" } else { "발급된 쿠폰" },
            format!("of {} · {sold_out}", thousands(figures.stock.into())),
        ),
        tile(duration(figures.elapsed_seconds), "from first to last response", "전체 소요 시간", unanswered(report)),
        tile(rounded(figures.answers_per_second), "responses per second", "초당 응답", rate_note),
    ]
}

fn unanswered(report: &Report) -> String {
    match report.figures.unanswered {
        0 => "every user got a response".into(),
        left => format!("{} without a response", thousands(left)),
    }
}

pub(super) fn latency_row(
    class: &'static str,
    name: &'static str,
    name_ko: &'static str,
    measured: &Latency,
) -> LatencyRow {
    let cell = |ms: f64| if measured.count == 0 { "–".into() } else { latency(ms) };
    let Latency { mean_ms, p50_ms, p90_ms, p99_ms, p999_ms, max_ms, .. } = *measured;
    let [mean, p50, p90, p99, p999, max] = [mean_ms, p50_ms, p90_ms, p99_ms, p999_ms, max_ms].map(cell);
    LatencyRow { class, name, name_ko, cells: [thousands(measured.count), mean, p50, p90, p99, p999, max] }
}

impl Page<'_> {
    /// `good`, `part` or `bad`.
    fn verdict_class(&self) -> &'static str {
        match (self.report.verdict.balanced, self.report.verdict.count(CheckStatus::Skipped)) {
            (true, 0) => "good",
            (true, _) => "part",
            (false, _) => "bad",
        }
    }

    fn verdict(&self) -> (&'static str, &'static str) {
        match self.verdict_class() {
            "good" => ("The books balance", "장부가 일치합니다"),
            "part" => ("The books balance, as far as observable", "확인된 범위에서 장부가 일치합니다"),
            _ => ("The books do not balance", "장부가 일치하지 않습니다"),
        }
    }

    fn verdict_detail(&self) -> String {
        let verdict = &self.report.verdict;
        let [passed, failed, skipped] = [CheckStatus::Passed, CheckStatus::Failed, CheckStatus::Skipped]
            .map(|status| (verdict.count(status), status))
            .map(|(count, status)| (count > 0).then(|| format!("{count} {}", status_name(status))));
        let counts: Vec<_> = [failed, passed, skipped].into_iter().flatten().collect();
        let order =
            if self.line.is_some() { "Order and rate of the line checked by the users' responses; " } else { "" };
        let books = match self.tickets {
            Some(_) => {
                "the ten invariants over seats, reservations, payments, the provider, messages and what people were told"
            }
            None => "responses, hot state and database compared coupon by coupon",
        };
        let mut detail = format!("{order}{books}: {}.", counts.join(", "));
        detail[..1].make_ascii_uppercase();
        detail
    }

    fn mark(&self, check: &Check) -> (&'static str, &'static str) {
        match check.status {
            CheckStatus::Passed => ("good", "✓"),
            CheckStatus::Failed => ("bad", "✕"),
            CheckStatus::Skipped => ("part", "–"),
        }
    }

    fn status_name(&self, check: &Check) -> &'static str {
        status_name(check.status)
    }

    /// Code, count, share.
    fn outcomes(&self) -> Vec<(&str, String, String, f64)> {
        let users = u64::from(self.report.figures.users);
        let share = |count: u64| 100.0 * count as f64 / (users.max(1)) as f64;
        let rows = self.report.outcomes.iter().map(|outcome| (outcome.code.as_str(), outcome.count));
        let left = ("no response", self.report.figures.unanswered);
        let rows = rows.chain((left.1 > 0).then_some(left));
        rows.map(|(code, count)| (code, thousands(count), percent(count, users), share(count))).collect()
    }

    fn troubles(&self) -> Vec<(&'static str, String)> {
        let rows = self.report.trouble.rows().into_iter().filter(|(_, count)| *count > 0);
        rows.map(|(name, count)| (name, thousands(count))).collect()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let Report { machine, processor, figures, .. } = self.report;
        let cpu = |seconds: Option<(f64, f64)>| {
            seconds
                .map(|(user, system)| format!("{} ({user:.2} s user, {system:.2} s system)", duration(user + system)))
        };
        let server = if self.report.own_server { "started for this run" } else { "already running" };
        let mut facts = vec![
            ("Started", format!("{} UTC", self.report.started_at)),
            ("Campaign", self.report.campaign.clone()),
            ("Server", format!("{} ({server})", self.report.target)),
            ("Processor", format!("{}, {} cores", machine.cpu, machine.cores)),
            ("Memory", format!("{} MiB", thousands(machine.memory_mib))),
            ("Kernel", machine.kernel.clone()),
        ];
        let times = [
            ("Processor time, server", cpu(processor.server)),
            ("Processor time, load test", cpu(processor.generator)),
        ];
        facts.extend(times.into_iter().filter_map(|(name, time)| Some((name, time?))));
        facts.push(("Load test", format!("version {}, {} event loop(s)", self.report.version, figures.threads)));
        facts.push(("Command", self.report.command.clone()));
        facts
    }
}

fn status_name(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Passed => "passed",
        CheckStatus::Failed => "failed",
        CheckStatus::Skipped => "skipped",
    }
}
