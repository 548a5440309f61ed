//! Logs and metrics of the program.

use crate::access_lines::{self, AccessLines};
use crate::config::{Log, LogFormat};
use crate::log_lines::WithoutPaths;
use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use onsale_http::metrics::SECONDS_BUCKETS;
use std::io;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Bucket bounds of histograms named `..._size`, in items or rows.
const SIZE_BUCKETS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Sends logs to standard error; standard output is for the output of commands.
///
/// # Errors
/// When the level is invalid, or logging is already set up.
pub fn install_logs(log: &Log) -> anyhow::Result<()> {
    subscriber(log, io::stderr)?.try_init().context("logging is already set up")
}

/// As [`install_logs`], for a server: the lines of the access log are written by a thread of their own.
///
/// # Errors
/// As [`install_logs`].
pub fn install_server_logs(log: &Log) -> anyhow::Result<AccessLines> {
    let (thread, lines) = access_lines::begin(io::stderr).context("the thread of the access log cannot be started")?;
    subscriber(log, lines)?.try_init().context("logging is already set up")?;
    Ok(thread)
}

fn subscriber<W>(log: &Log, writer: W) -> anyhow::Result<Box<dyn tracing::Subscriber + Send + Sync>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&log.level).with_context(|| format!("log.level = {:?}", log.level))?;
    // A log that cannot be written must not end the work that it is about.
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).log_internal_errors(false);
    Ok(match log.format {
        LogFormat::Json => {
            let lines = lines.map_writer(WithoutPaths::around);
            Box::new(lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish())
        }
        LogFormat::Text => Box::new(lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).finish()),
    })
}

/// Installs the recorder of the `metrics` crate, for `/metrics`.
///
/// Histograms named `..._seconds` and `..._size` get fitting buckets. The owner of the handle must run its upkeep
/// (`onsale_http::metrics::run_upkeep`).
///
/// # Errors
/// When a recorder is already installed.
pub fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    builder()?.install_recorder().context("metrics are already set up")
}

fn builder() -> anyhow::Result<PrometheusBuilder> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZE_BUCKETS)?;
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log {
            level: level.to_owned(),
            format,
            access: true,
            access_hot_every: 1,
            appeal_days: 1,
            appeal_rows: 1_000,
        };
        let subscriber = subscriber(&log, move || writer.clone()).expect("set up");
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", trace_id = "t-1");
            span.in_scope(|| tracing::info!(target: "access", status = 200, "request"));
            tracing::debug!("not at this level");
        });
        let bytes = lines.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn json_lines_have_their_fields_and_the_trace_id() {
        let text = logged(LogFormat::Json, "info");
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            (&line["target"], &line["status"], &line["message"]),
            (&"access".into(), &200.into(), &"request".into())
        );
        assert_eq!(line["span"]["trace_id"], "t-1");
    }

    #[test]
    fn the_level_and_the_format_are_as_configured() {
        assert_eq!(logged(LogFormat::Json, "error"), "");
        assert_eq!(logged(LogFormat::Json, "warn,access=info").lines().count(), 1);
        let text = logged(LogFormat::Text, "debug");
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.starts_with('{'));
    }

    #[test]
    fn histograms_in_seconds_have_buckets() {
        let recorder = builder().expect("built").build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("onsale_hot_keep_seconds").record(0.003);
            metrics::histogram!("onsale_hot_round_size").record(3.0);
        });
        let text = handle.render();
        assert!(text.contains("onsale_hot_keep_seconds_bucket{le=\"0.005\"} 1"), "{text}");
        assert!(text.contains("onsale_hot_round_size_bucket{le=\"4\"} 1"), "{text}");
    }
}
