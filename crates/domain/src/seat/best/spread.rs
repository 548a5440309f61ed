//! Seats that are not side by side, as near to each other as there are.

use super::{Hall, Spot, Terms};

/// The best free seats from which neighbours are sought: bounds the time of a choice in a hall that is full of holes.
const ANCHORS_MAX: usize = 128;
/// Free seats among which those near an anchor are sought, on each side of it in the order of the template.
const NEIGHBOURS_MAX: usize = 1_024;

impl Hall {
    /// As many seats as wished for, near to each other; of one grade where there are so many of one.
    pub(super) fn nearest(&self, terms: &Terms, is_free: &impl Fn(u32) -> bool) -> Option<Vec<u32>> {
        let free = |spot: &&Spot| terms.may_be(spot) && is_free(spot.index);
        let open: Vec<Spot> = self.spots.iter().filter(free).copied().collect();
        let of_one = self.among(terms, &open, |anchor, other| anchor.grade == other.grade);
        of_one.or_else(|| if terms.grade.is_none() { self.among(terms, &open, |_, _| true) } else { None })
    }

    fn among(&self, terms: &Terms, open: &[Spot], fits: impl Fn(&Spot, &Spot) -> bool) -> Option<Vec<u32>> {
        let mut anchors: Vec<usize> = (0..open.len()).collect();
        let rank = |at: &usize| (terms.faults(&open[*at..=*at]), open[*at].distance());
        if anchors.len() > ANCHORS_MAX {
            anchors.select_nth_unstable_by_key(ANCHORS_MAX, rank);
            anchors.truncate(ANCHORS_MAX);
        }
        // An anchor that has what was asked for is the surest way to it.
        if terms.must.0 != 0 {
            let has_some = |at: &usize| open[*at].flags.0 & terms.must.0 != 0;
            anchors.extend((0..open.len()).filter(has_some).take(ANCHORS_MAX));
        }
        let choices = anchors.into_iter().filter_map(|at| self.around(terms, open, at, &fits));
        let best = choices.min_by_key(|(spread, spots)| {
            (terms.faults(spots), *spread, spots.iter().map(Spot::distance).sum::<u64>(), spots[0].index)
        })?;
        let mut indices: Vec<u32> = best.1.iter().map(|spot| spot.index).collect();
        indices.sort_unstable();
        Some(indices)
    }

    /// The seats nearest to an anchor, with the sum of their distances to it.
    fn around(
        &self,
        terms: &Terms,
        open: &[Spot],
        anchor: usize,
        fits: &impl Fn(&Spot, &Spot) -> bool,
    ) -> Option<(u64, Vec<Spot>)> {
        let middle = open.get(anchor)?;
        let part = anchor.saturating_sub(NEIGHBOURS_MAX)..open.len().min(anchor + NEIGHBOURS_MAX);
        let mut chosen = vec![*middle];
        let mut missing = terms.must.0 & !middle.flags.0;
        while chosen.len() < terms.count {
            let is_left = |spot: &&Spot| fits(middle, spot) && chosen.iter().all(|one| one.index != spot.index);
            // What was asked for comes first, nearness second.
            let near = |spot: &&Spot| (spot.flags.0 & missing == 0, spot.distance_to(middle), spot.index);
            let next = *open[part.clone()].iter().filter(is_left).min_by_key(near)?;
            missing &= !next.flags.0;
            chosen.push(next);
        }
        let spread = chosen.iter().map(|spot| spot.distance_to(middle)).sum();
        terms.is_met_by(&chosen).then_some((spread, chosen))
    }
}
