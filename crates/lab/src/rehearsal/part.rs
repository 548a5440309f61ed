//! A part of a rehearsal and its judgement.

use crate::report::{CheckStatus, Latency, Report, thousands};
use serde::{Deserialize, Serialize};

/// The parts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartName {
    /// All want a coupon at once.
    Coupons,
    /// They wait in a line before the coupons.
    Line,
    /// They wait for seats, hold them, pay, and some give them back.
    Tickets,
}

impl PartName {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coupons => "coupons",
            Self::Line => "line",
            Self::Tickets => "tickets",
        }
    }

    /// A title for people, in English and Korean.
    pub fn title(self) -> [&'static str; 2] {
        match self {
            Self::Coupons => ["Everybody wants a coupon at once", "모두가 한꺼번에 쿠폰을 받습니다"],
            Self::Line => ["A waiting line before the coupons", "쿠폰 앞에 줄을 섭니다"],
            Self::Tickets => ["A whole sale of tickets", "예매를 처음부터 끝까지 합니다"],
        }
    }
}

/// One thing that was asked of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What was asked, in English.
    pub asked: String,
    /// The same in Korean.
    pub asked_ko: String,
    /// What was found.
    pub found: String,
    /// Whether it was met.
    pub is_met: bool,
}

/// A part and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which.
    pub name: PartName,
    /// Whether all findings are met.
    pub passed: bool,
    /// People.
    pub people: u32,
    /// Coupons or seats.
    pub stock: u32,
    /// From the first request to the last answer, in seconds.
    pub seconds: f64,
    /// Answers per second over that time.
    pub answers_per_second: f64,
    /// 99 in 100 that were served had their answer within this, in milliseconds.
    pub served_p99_ms: f64,
    /// 99 in 100 that were refused.
    pub refused_p99_ms: f64,
    /// What was asked of it.
    pub findings: Vec<Finding>,
    /// What limits its figures.
    pub warnings: Vec<String>,
    /// The name of its report, beside the certificate.
    pub report: String,
}

impl Part {
    /// Judges a load test: its books balance, everybody was answered, and 99 in 100 were answered within `p99_ms`.
    pub fn of(name: PartName, report: &Report, p99_ms: u32, file: String) -> Self {
        let findings = vec![books(report), answered(report), quick(report, p99_ms)];
        Self {
            name,
            passed: findings.iter().all(|finding| finding.is_met),
            people: report.figures.users,
            stock: report.figures.stock,
            seconds: report.figures.elapsed_seconds,
            answers_per_second: report.figures.answers_per_second,
            served_p99_ms: report.success.p99_ms,
            refused_p99_ms: report.refusal.p99_ms,
            findings,
            warnings: report.verdict.warnings.clone(),
            report: file,
        }
    }
}

/// A check that could not be made is not met: what nobody looked at is no proof.
fn books(report: &Report) -> Finding {
    let [passed, failed, skipped] =
        [CheckStatus::Passed, CheckStatus::Failed, CheckStatus::Skipped].map(|status| report.verdict.count(status));
    Finding {
        asked: "The books balance".to_owned(),
        asked_ko: "장부가 맞습니다".to_owned(),
        found: format!("{passed} checks passed, {failed} failed, {skipped} could not be made"),
        is_met: failed == 0 && skipped == 0 && passed > 0,
    }
}

fn answered(report: &Report) -> Finding {
    let silent = report.figures.unanswered;
    Finding {
        asked: "Everybody gets an answer".to_owned(),
        asked_ko: "모두가 답을 받습니다".to_owned(),
        found: format!("{} without one", thousands(silent)),
        is_met: silent == 0,
    }
}

fn quick(report: &Report, p99_ms: u32) -> Finding {
    let slowest = |latency: &Latency| if latency.count == 0 { 0.0 } else { latency.p99_ms };
    let worst = slowest(&report.success).max(slowest(&report.refusal));
    Finding {
        asked: format!("99 in 100 answers come within {} ms", thousands(p99_ms.into())),
        asked_ko: format!("100개 가운데 99개의 답이 {} ms 안에 옵니다", thousands(p99_ms.into())),
        found: format!("{worst:.1} ms"),
        is_met: worst <= f64::from(p99_ms),
    }
}
