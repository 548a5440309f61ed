//! Background tasks, watched: a task that ends or panics is logged, counted, shown by health, and started again.

use bus::{Publisher, Shutdown, Stop};
use futures::future::BoxFuture;
use onsale_http::failures::{Failures, SETTLED_AFTER, caught};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Pause before a failed task is started again; doubled each time up to the longest.
const RESTART_PAUSE: Duration = Duration::from_millis(500);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(30);

/// What a task is given.
#[derive(Clone)]
pub struct TaskContext {
    /// The end of the process.
    pub shutdown: Shutdown,
    /// The bus.
    pub publisher: Arc<dyn Publisher>,
    /// Where a task reports what fails within it and is started again by itself.
    pub failures: Failures,
}

type Run = Box<dyn Fn(TaskContext) -> BoxFuture<'static, ()> + Send + Sync>;

/// Work that goes on until the process stops.
pub struct Task {
    name: &'static str,
    run: Run,
    ends_itself: bool,
}

impl Task {
    /// A task that may be dropped at any point once the process stops. `run` is called again after a failure.
    pub fn new<F>(name: &'static str, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, run: Box::new(move |_| Box::pin(run())), ends_itself: false }
    }

    /// A task that ends what it has begun once the process stops.
    pub fn ending<F>(name: &'static str, run: impl Fn(TaskContext) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, run: Box::new(move |context| Box::pin(run(context))), ends_itself: true }
    }
}

/// Keeps tasks running until it is stopped.
pub struct Supervisor {
    stop: Stop,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl Supervisor {
    /// Starts the tasks. Needs a tokio runtime.
    pub fn start(tasks: Vec<Task>, publisher: &Arc<dyn Publisher>, failures: &Failures) -> Self {
        let stop = Stop::default();
        let start = |task: Task| {
            Failures::know(task.name);
            let context =
                TaskContext { shutdown: stop.shutdown(), publisher: publisher.clone(), failures: failures.clone() };
            (task.name, tokio::spawn(supervise(task, context)))
        };
        let tasks = tasks.into_iter().map(start).collect();
        Self { stop, tasks }
    }

    /// Stops the tasks; those that have not ended after `limit` are dropped where they are.
    pub async fn stop(self, limit: Duration) {
        self.stop.stop();
        let deadline = tokio::time::Instant::now() + limit;
        for (name, mut task) in self.tasks {
            if tokio::time::timeout_at(deadline, &mut task).await.is_err() {
                tracing::warn!(task = name, limit_seconds = limit.as_secs(), "a task did not end in time");
                task.abort();
            }
        }
    }
}

async fn supervise(task: Task, context: TaskContext) {
    let mut pause = RESTART_PAUSE;
    loop {
        let begun = Instant::now();
        let run = caught(async { (task.run)(context.clone()).await });
        let outcome = if task.ends_itself {
            run.await
        } else {
            tokio::select! {
                outcome = run => outcome,
                () = context.shutdown.stopped() => return,
            }
        };
        let reason = match &outcome {
            Ok(()) if context.shutdown.is_stopped() => return,
            Ok(()) => "it ended by itself",
            Err(panic) => panic,
        };
        context.failures.report(task.name, reason);
        if begun.elapsed() > SETTLED_AFTER {
            pause = RESTART_PAUSE;
        }
        if !context.shutdown.pause(pause).await {
            return;
        }
        pause = (pause * 2).min(RESTART_PAUSE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::ConsumerOptions;
    use bus::local::{LocalBus, LocalDeadLetters};
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    fn publisher(folder: &std::path::Path) -> Arc<dyn Publisher> {
        let dead_letters = LocalDeadLetters::open(&folder.join(LocalDeadLetters::FILE)).expect("opened");
        Arc::new(LocalBus::start(Vec::new(), dead_letters, ConsumerOptions::default()))
    }

    #[tokio::test]
    async fn a_task_that_panics_or_ends_is_started_again_and_shown_by_health() {
        let folder = tempfile::tempdir().expect("a folder");
        let (runs, is_well) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (counted, reached) = (runs.clone(), is_well.clone());
        let task = Task::new("planted", move || {
            let (counted, reached) = (counted.clone(), reached.clone());
            async move {
                match counted.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("a planted fault"),
                    1 => {}
                    _ => {
                        reached.notify_one();
                        std::future::pending().await
                    }
                }
            }
        });
        let failures = Failures::default();
        assert_eq!(failures.check(), Ok(()));
        let supervisor = Supervisor::start(vec![task], &publisher(folder.path()), &failures);
        tokio::time::timeout(Duration::from_secs(60), is_well.notified()).await.expect("it runs again");
        assert_eq!(runs.load(Ordering::SeqCst), 3);
        let shown = failures.check().expect_err("health shows it");
        assert!(shown.contains("planted"), "{shown}");
        supervisor.stop(Duration::from_secs(60)).await;
    }

    #[tokio::test]
    async fn a_stop_is_bounded_and_lets_a_task_end_what_it_has_begun() {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = Arc::new(AtomicU32::new(0));
        let count = ended.clone();
        let polite = Task::ending("polite", move |context| {
            let count = count.clone();
            async move {
                context.shutdown.stopped().await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let stuck = Task::ending("stuck", |_| std::future::pending());
        let supervisor = Supervisor::start(vec![polite, stuck], &publisher(folder.path()), &Failures::default());
        tokio::task::yield_now().await;
        supervisor.stop(Duration::from_millis(200)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    }
}
