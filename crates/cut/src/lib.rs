//! Places at which a trial ends the process, as a power cut would: what is not on the disk is lost, and nobody is told.
//!
//! `CUT_AT=payment-stored:3` ends it when it comes to that place for the third time. Only a program that was built for tests reads
//! that; in a released one a place is nothing.

/// The process has come to a place.
#[inline]
pub fn at(place: &'static str) {
    #[cfg(debug_assertions)]
    trial::at(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod trial {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// The variable that names the place.
    const VARIABLE: &str = "CUT_AT";

    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Cut {
        pub place: String,
        /// At which time, from 1.
        pub time: u32,
    }

    impl Cut {
        /// `payment-stored`, or `payment-stored:3`.
        pub(super) fn read(text: &str) -> Option<Self> {
            let (place, time) = text.split_once(':').unwrap_or((text, "1"));
            Some(Self { place: place.to_owned(), time: time.parse().ok().filter(|time| *time > 0)? })
        }
    }

    pub(super) fn at(place: &str) {
        static CUT: OnceLock<Option<Cut>> = OnceLock::new();
        static TIMES: AtomicU32 = AtomicU32::new(0);
        let wanted = CUT.get_or_init(|| Cut::read(&std::env::var(VARIABLE).ok()?));
        if wanted
            .as_ref()
            .is_some_and(|cut| cut.place == place && TIMES.fetch_add(1, Ordering::Relaxed) + 1 == cut.time)
        {
            std::process::abort();
        }
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::trial::Cut;

    #[test]
    fn a_place_has_a_name_and_a_time() {
        let cut = |place: &str, time| Some(Cut { place: place.to_owned(), time });
        assert_eq!(Cut::read("payment-stored"), cut("payment-stored", 1));
        assert_eq!(Cut::read("payment-stored:3"), cut("payment-stored", 3));
        for nonsense in ["a:0", "a:b", "a:"] {
            assert_eq!(Cut::read(nonsense), None, "{nonsense}");
        }
        // No trial: nothing happens.
        super::at("payment-stored");
    }
}
