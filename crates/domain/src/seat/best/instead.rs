//! Another choice for people whose seats were taken (amendment 19).

use super::{Flags, Hall, Spot, Terms};
use crate::catalog::Grade;
use crate::catalog::template::Flag;
use std::collections::{BTreeMap, BTreeSet};

impl Hall {
    /// A whole new choice of as many seats as were asked for, grade by grade as asked: those still free are kept where there
    /// are others beside them, else the best ones. Empty when there is no such choice. `is_free` also says yes to seats that
    /// the person holds, where these are to be changed.
    pub fn instead(&self, asked: &[u32], is_free: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut of_grades: BTreeMap<Grade, Vec<Spot>> = BTreeMap::new();
        for index in asked.iter().collect::<BTreeSet<_>>() {
            let Some(spot) = self.spot(*index) else { return Vec::new() };
            of_grades.entry(spot.grade).or_default().push(*spot);
        }
        let choice = of_grades.into_iter().map(|(grade, asked)| self.instead_of(grade, &asked, &is_free));
        let choice: Option<Vec<Vec<u32>>> = choice.collect();
        let mut indices = choice.unwrap_or_default().concat();
        indices.sort_unstable();
        indices
    }

    fn instead_of(&self, grade: Grade, asked: &[Spot], is_free: &impl Fn(u32) -> bool) -> Option<Vec<u32>> {
        let flags = asked.iter().fold(Flags::default(), |all, spot| all.and(spot.flags));
        // What the asked seats were is allowed; it was not asked for.
        let terms = Terms {
            count: asked.len(),
            grade: Some(grade),
            must: Flags::default(),
            is_special: flags.has(Flag::Wheelchair) || flags.has(Flag::Companion),
            is_obstructed: flags.has(Flag::Obstructed),
        };
        let kept: Vec<Spot> = asked.iter().filter(|spot| is_free(spot.index)).copied().collect();
        let indices: Vec<u32> = kept.iter().map(|spot| spot.index).collect();
        let beside = || if kept.is_empty() { None } else { self.beside(&terms, kept.clone(), is_free) };
        self.side_by_side(&terms, &indices, is_free)
            .or_else(beside)
            .or_else(|| self.side_by_side(&terms, &[], is_free))
            .or_else(|| self.nearest(&terms, is_free))
    }

    /// Adds free seats that are beside those chosen, the best first, until there are enough.
    fn beside(&self, terms: &Terms, mut chosen: Vec<Spot>, is_free: &impl Fn(u32) -> bool) -> Option<Vec<u32>> {
        while chosen.len() < terms.count {
            let neighbours = chosen.iter().flat_map(|spot| self.neighbours(spot));
            let fits = |spot: &&Spot| {
                terms.may_be(spot) && is_free(spot.index) && chosen.iter().all(|one| one.index != spot.index)
            };
            let merit = |spot: &&Spot| (terms.faults(std::slice::from_ref(*spot)), spot.distance(), spot.index);
            let next = *neighbours.filter(fits).min_by_key(merit)?;
            chosen.push(next);
        }
        Some(chosen.iter().map(|spot| spot.index).collect())
    }

    fn neighbours(&self, spot: &Spot) -> impl Iterator<Item = &Spot> {
        let (run, place) = (spot.run, self.place(spot.index).unwrap_or(usize::MAX));
        let left = place.checked_sub(1).and_then(|at| self.spots.get(at));
        let right = place.checked_add(1).and_then(|at| self.spots.get(at));
        left.into_iter().chain(right).filter(move |spot| spot.run == run)
    }
}
