//! The seats of a schedule in the order of their index, as the catalog's plan has them.

use domain::catalog::template::Flag;
use domain::catalog::{Grade, SeatPrefix};
use domain::seat::best::{Hall, HallSeat};
use domain::{ScheduleId, SeatId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most seats of a schedule: an answer with more is no schedule of ours.
const SEATS_MAX: u32 = 100_000;

/// A seat for sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSeat {
    /// The number as people read it: `A-1`.
    pub number: Box<str>,
    /// The grade.
    pub grade: Grade,
    /// The price in won.
    pub price: i64,
}

/// All seats of a schedule by their index; `None` for one that is never sold.
#[derive(Clone, Debug)]
pub struct SeatTable {
    prefix: SeatPrefix,
    seats: Vec<Option<TableSeat>>,
    hall: Hall,
    for_sale: u32,
}

/// A plan as the catalog answers it (`PlanView`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanJson {
    id_prefix: String,
    grades: Vec<GradeJson>,
    sections: Vec<SectionJson>,
}

#[derive(Debug, Deserialize)]
struct GradeJson {
    grade: Grade,
    price: i64,
}

#[derive(Debug, Deserialize)]
struct SectionJson {
    rows: Vec<RowJson>,
}

#[derive(Debug, Deserialize)]
struct RowJson {
    name: String,
    first: u32,
    count: u32,
    grade: Grade,
    #[serde(default)]
    numbers: Option<Vec<u32>>,
    #[serde(default)]
    flags: BTreeMap<u32, BTreeSet<Flag>>,
}

impl RowJson {
    /// Its seats; `None` for a row that cannot be.
    fn seats(&self) -> Option<Vec<HallSeat<'_>>> {
        self.first.checked_add(self.count).filter(|end| *end <= SEATS_MAX)?;
        let seat = |offset: u32| {
            let number = match &self.numbers {
                Some(numbers) => *numbers.get(offset as usize)?,
                None => offset + 1,
            };
            let flags = self.flags.get(&offset).cloned().unwrap_or_default();
            Some(HallSeat { index: self.first + offset, row: &self.name, number, grade: self.grade, flags })
        };
        (0..self.count).map(seat).collect()
    }
}

/// A seat for sale as `GET /internal/schedules/{id}` lists it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatJson {
    id: SeatId,
    seat_number: String,
    grade: Grade,
    price: i64,
}

impl SeatTable {
    /// From a plan; `None` for one that cannot be.
    pub(super) fn of_plan(plan: &PlanJson) -> Option<Self> {
        let price = |grade: Grade| plan.grades.iter().find(|one| one.grade == grade).map(|one| one.price);
        let rows = plan.sections.iter().flat_map(|section| &section.rows).map(RowJson::seats);
        let all: Vec<HallSeat<'_>> = rows.collect::<Option<Vec<_>>>()?.concat();
        let for_sale = |seat: &&HallSeat<'_>| !seat.flags.contains(&Flag::Blocked);
        let mut seats = vec![None; all.iter().map(|seat| seat.index + 1).max().unwrap_or(0) as usize];
        for seat in all.iter().filter(for_sale) {
            let number = format!("{}-{}", seat.row, seat.number).into();
            let (grade, price) = (seat.grade, price(seat.grade)?);
            *seats.get_mut(seat.index as usize)? = Some(TableSeat { number, grade, price });
        }
        Some(Self::new(plan.id_prefix.parse().ok()?, seats, Hall::new(all)))
    }

    /// From the seats for sale alone, where there is no plan: flags are not known, and what is missing between them is blocked.
    pub(super) fn of_seats(schedule: ScheduleId, list: &[SeatJson]) -> Option<Self> {
        let prefix = list.first().map_or(SeatPrefix::of(schedule.get()), |seat| SeatPrefix::of_seat(seat.id));
        let mut seats = Vec::new();
        let mut all = Vec::with_capacity(list.len());
        for seat in list {
            let index = prefix.index(seat.id).filter(|index| *index < SEATS_MAX)?;
            let (row, number) = seat.seat_number.rsplit_once('-').unwrap_or((&seat.seat_number, "1"));
            let number = number.parse().unwrap_or(index);
            all.push(HallSeat { index, row, number, grade: seat.grade, flags: BTreeSet::new() });
            if seats.len() <= index as usize {
                seats.resize(index as usize + 1, None);
            }
            let (number, grade, price) = (seat.seat_number.as_str().into(), seat.grade, seat.price);
            *seats.get_mut(index as usize)? = Some(TableSeat { number, grade, price });
        }
        Some(Self::new(prefix, seats, Hall::new(all)))
    }

    fn new(prefix: SeatPrefix, seats: Vec<Option<TableSeat>>, hall: Hall) -> Self {
        let for_sale = seats.iter().flatten().count() as u32;
        Self { prefix, seats, hall, for_sale }
    }

    /// The seat of an id; `None` for one of another schedule, made up, or never sold.
    pub fn seat(&self, id: SeatId) -> Option<&TableSeat> {
        self.seats.get(self.index(id)? as usize)?.as_ref()
    }

    /// The index of an id of this schedule.
    pub fn index(&self, id: SeatId) -> Option<u32> {
        self.prefix.index(id).filter(|index| (*index as usize) < self.seats.len())
    }

    /// The id of the seat with this index.
    pub fn id(&self, index: u32) -> SeatId {
        self.prefix.seat(index)
    }

    /// All seats by their index, blocked ones too.
    pub fn seats(&self) -> &[Option<TableSeat>] {
        &self.seats
    }

    /// Where its seats are, for choosing.
    pub fn hall(&self) -> &Hall {
        &self.hall
    }

    /// Seats for sale.
    pub fn for_sale(&self) -> u32 {
        self.for_sale
    }
}

#[cfg(test)]
impl SeatTable {
    /// One row of six seats, the fifth of them blocked.
    pub(crate) fn of_six() -> Self {
        let plan = serde_json::json!({"idPrefix": "0190a1b2000080008000abcd", "grades": [{"grade": "S", "price": 1}],
            "sections": [{"rows": [{"name": "A", "first": 0, "count": 6, "grade": "S", "flags": {"4": ["blocked"]}}]}]});
        Self::of_plan(&serde_json::from_value(plan).expect("a plan")).expect("a table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::seat::best::Wish;
    use serde_json::json;
    use uuid::Uuid;

    const PREFIX: &str = "0190a1b2000080008000abcd";

    fn plan() -> SeatTable {
        let plan = json!({"scheduleId": Uuid::nil(), "idPrefix": PREFIX, "grades": [{"grade": "VIP", "price": 150_000},
            {"grade": "S", "price": 90_000}], "sections": [
            {"name": "VIP", "grade": "VIP", "rows": [{"name": "A", "first": 0, "count": 3, "grade": "VIP",
                "flags": {"1": ["blocked"], "2": ["aisle"]}}]},
            {"name": "S", "grade": "S", "rows": [{"name": "B", "first": 3, "count": 2, "grade": "S", "numbers": [7, 9]}]}]});
        SeatTable::of_plan(&serde_json::from_value(plan).expect("a plan")).expect("a table")
    }

    #[test]
    fn a_table_has_the_seats_of_a_plan_by_their_index() {
        let table = plan();
        let seat = |index| table.seat(table.id(index));
        assert_eq!(seat(0).map(|seat| (&*seat.number, seat.grade, seat.price)), Some(("A-1", Grade::Vip, 150_000)));
        assert_eq!(seat(1), None, "blocked");
        assert_eq!(seat(4).map(|seat| (&*seat.number, seat.price)), Some(("B-9", 90_000)));
        assert_eq!((seat(5), table.seats().len(), table.for_sale()), (None, 5, 4));
        assert_eq!(table.seat(SeatId(Uuid::from_u128(7))), None, "of another schedule");
        let aisle = Wish { count: 1, grade: None, flags: [Flag::Aisle].into() };
        assert_eq!(table.hall().best(&aisle, |_| true), Some(vec![2]));
    }

    #[test]
    fn without_a_plan_the_seats_for_sale_make_the_same_table_but_for_flags() {
        let plan = plan();
        let listed = |index| {
            let seat = plan.seat(plan.id(index))?;
            let (seat_number, grade, price) = (seat.number.to_string(), seat.grade, seat.price);
            Some(SeatJson { id: plan.id(index), seat_number, grade, price })
        };
        let seats: Vec<SeatJson> = (0..5).filter_map(listed).collect();
        let table = SeatTable::of_seats(ScheduleId(Uuid::nil()), &seats).expect("a table");
        assert_eq!((table.for_sale(), table.seats()), (4, plan.seats()));
        let pair = Wish { count: 2, grade: Some(Grade::S), flags: BTreeSet::new() };
        assert_eq!(table.hall().best(&pair, |_| true), Some(vec![3, 4]));
        let empty = SeatTable::of_seats(ScheduleId(Uuid::nil()), &[]).expect("a table");
        assert_eq!((empty.for_sale(), empty.seats().len()), (0, 0));
    }

    #[test]
    fn a_plan_that_cannot_be_is_none() {
        let row = |first: u32, count: u32, grade: &str| {
            let plan = json!({"idPrefix": PREFIX, "grades": [{"grade": "S", "price": 1}],
                "sections": [{"rows": [{"name": "A", "first": first, "count": count, "grade": grade}]}]});
            SeatTable::of_plan(&serde_json::from_value(plan).expect("a plan"))
        };
        assert!(row(0, 1, "S").is_some());
        assert!(row(SEATS_MAX, 1, "S").is_none() && row(u32::MAX, 2, "S").is_none() && row(0, 1, "A").is_none());
    }
}
