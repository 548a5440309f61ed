//! A line through which people pass for as long as it lives: what is kept is bounded by who is there (B13).

use super::*;
use domain::PassId;
use uuid::Uuid;

/// People who come in a second of the line, and are let in by its next.
const A_SECOND: usize = 5_000;
const PASS_MS: u32 = 1_000;

/// A line, and the number of people who have passed through it.
struct Passage {
    lines: EmbeddedLines,
    folder: tempfile::TempDir,
    passed: usize,
    now_ms: i64,
}

impl Passage {
    async fn new(options: JournalOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = crate::open_lines(folder.path(), options).expect("opens");
        let rule = LineRule {
            admits: Admits::Pass { ttl_ms: PASS_MS },
            abandon_after_ms: 120_000,
            remember_ms: 3_600_000,
            ..rule(1_000_000, 1)
        };
        lines.make_line(&id(), rule).await.expect("made");
        Self { lines, folder, passed: 0, now_ms: 1_700_000_000_000 }
    }

    /// A second of the line: people come, poll, and are let in; the passes of those before have ended.
    async fn a_second(&mut self) {
        let people: Vec<LineUser> = (self.passed..self.passed + A_SECOND).map(who).collect();
        let clock = Clock::At(Timestamp(self.now_ms));
        let entered = self.lines.enter(people.clone(), clock).await;
        let is_last = |rank| rank == A_SECOND as u64;
        assert!(
            matches!(entered.last(), Some(Ok(LineStatus::Waiting { rank, .. })) if is_last(*rank)),
            "the rank is right"
        );
        self.lines.check_in(people, clock).await;
        let passes: Vec<PassId> = (0..A_SECOND as u128).map(|n| PassId(Uuid::from_u128(n + 1))).collect();
        let admission = self.lines.admit(&id(), passes, clock).await.expect("admits");
        assert_eq!(admission.admitted.len(), A_SECOND);
        self.passed += A_SECOND;
        assert_eq!(admission.admitted.last().map(|one| one.number.get()), Some(self.passed as u64));
        self.now_ms += i64::from(PASS_MS);
    }

    async fn until(&mut self, passed: usize) {
        while self.passed < passed {
            self.a_second().await;
        }
    }

    /// The journal's files in bytes.
    fn file_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path()).expect("a folder");
        files.map(|file| file.expect("a file").metadata().expect("a size").len()).sum()
    }
}

/// Bytes of memory that this process holds.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1_024
}

#[tokio::test]
async fn the_file_of_a_line_does_not_grow_with_those_who_passed_through() {
    let mut passage = Passage::new(NO_FLUSH).await;
    passage.until(100_000).await;
    let early = passage.file_bytes();
    passage.until(400_000).await;
    let late = passage.file_bytes();
    println!("{early} bytes after 100,000 people, {late} after 400,000");
    // Four times as many people: what is left of each would show.
    assert!(late <= 2 * early, "{early} bytes after 100,000 people, {late} after 400,000");
    let Passage { lines, folder, now_ms, .. } = passage;
    drop(lines);
    let lines = crate::open_lines(folder.path(), NO_FLUSH).expect("opens again");
    let counts = lines.counts(&id(), 9, Clock::At(Timestamp(now_ms))).await.expect("reads").expect("is there");
    assert_eq!((counts.numbers, counts.serving, counts.waiting, counts.gone), (400_000, 400_000, 0, Vec::new()));
    let next = lines.enter(vec![who(400_000)], Clock::At(Timestamp(now_ms))).await;
    assert!(matches!(next[0], Ok(LineStatus::Waiting { rank: 1, .. })), "{next:?}");
}

/// Ten million people through one line. Prints memory and file after each million.
#[tokio::test]
#[ignore = "takes minutes; run it in release"]
async fn ten_million_visitors_pass_through_in_flat_memory() {
    let mut passage = Passage::new(JournalOptions::default()).await;
    let (begun, mut first) = (std::time::Instant::now(), None);
    for million in 1..=10 {
        passage.until(million * 1_000_000).await;
        let (memory, file) = (resident_bytes(), passage.file_bytes());
        println!(
            "{million:>2} million people, {:>4} s: {:>6.1} MiB resident, {:>6.1} MiB of file",
            begun.elapsed().as_secs(),
            memory as f64 / 1_048_576.0,
            file as f64 / 1_048_576.0
        );
        let (memory_first, file_first) = *first.get_or_insert((memory, file));
        assert!(memory <= memory_first + memory_first / 2, "{memory_first} bytes of memory, and now {memory}");
        assert!(file <= file_first + file_first / 2, "{file_first} bytes of file, and now {file}");
    }
}
