//! The template of a hall's seats, as it is given (EVT-013): rows of the same length, or seats one by one.

use super::grade::Grade;
use super::layout::{Layout, LayoutError, short};
use super::plan::{Numbers, PlanRow, SeatPlan};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most seats of a hall.
pub const SEATS_MAX: u32 = 100_000;
/// Longest name of a row, in characters.
pub const ROW_NAME_MAX: usize = 20;

/// What is special about a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum Flag {
    Aisle,
    Wheelchair,
    Companion,
    Obstructed,
    /// Never sold.
    Blocked,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 5] = [Self::Aisle, Self::Wheelchair, Self::Companion, Self::Obstructed, Self::Blocked];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aisle => "aisle",
            Self::Wheelchair => "wheelchair",
            Self::Companion => "companion",
            Self::Obstructed => "obstructed",
            Self::Blocked => "blocked",
        }
    }
}

/// A template as it is given and kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatTemplate {
    /// The names of the rows, from the front to the back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<String>>,
    /// Seats of each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats_per_row: Option<u32>,
    /// The grade of each row: `{"A":"VIP"}` or `{"VIP":["A"]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade_mapping: Option<BTreeMap<String, GradeOrRows>>,
    /// The seats, one by one, instead of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<Vec<TemplateSeat>>,
    /// Flags by seat number, such as `{"A-1":["aisle"]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<BTreeMap<String, Vec<String>>>,
    /// How the seats lie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
}

/// One value of `gradeMapping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a grade, or a list of rows")]
pub enum GradeOrRows {
    /// The grade of the row that it stands under.
    Grade(String),
    /// The rows of the grade that it stands under.
    Rows(Vec<String>),
}

/// One seat of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateSeat {
    /// The row's name.
    pub row: String,
    /// The number in the row.
    pub number: u32,
    /// The grade.
    pub grade: String,
    /// What is special about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
}

/// Why a template was refused. The text of the error is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Neither form, or both.
    #[error("must have either rows, seatsPerRow and gradeMapping, or seats")]
    Form,
    /// Half of the form with rows.
    #[error("{0} is missing beside rows")]
    Missing(&'static str),
    /// Nothing to sit on.
    #[error("must have 1 to 100000 seats, and has none")]
    NoSeats,
    /// More than [`SEATS_MAX`].
    #[error("must have 1 to 100000 seats, and has {0}")]
    TooMany(u64),
    /// More than the hall says of itself.
    #[error("has {seats} seats, more than the capacity of {capacity}")]
    OverCapacity {
        /// Seats of the template.
        seats: u32,
        /// The hall's capacity.
        capacity: u32,
    },
    /// A name that cannot be one.
    #[error("the row {0:?} must have 1 to 20 characters, without blanks around it")]
    RowName(String),
    /// Two rows of one name.
    #[error("the row {0:?} is there twice")]
    RowTwice(String),
    /// A row that `gradeMapping` leaves out.
    #[error("gradeMapping: the row {0:?} has no grade")]
    NoGrade(String),
    /// A row with two grades.
    #[error("gradeMapping: the row {0:?} has more than one grade")]
    TwoGrades(String),
    /// A row in `gradeMapping` alone.
    #[error("gradeMapping: there is no row {0:?}")]
    NoSuchRow(String),
    /// No grade of that name.
    #[error("{0:?} is no grade; the grades are VIP, S, A, B")]
    UnknownGrade(String),
    /// A seat without a number that can be written on it.
    #[error("the row {0:?} has a seat whose number is not 1 to 100000")]
    SeatNumber(String),
    /// Two seats of one row and number.
    #[error("the seat {0} is there twice")]
    SeatTwice(String),
    /// No flag of that name.
    #[error("flags: {0:?} is no flag; the flags are aisle, wheelchair, companion, obstructed, blocked")]
    UnknownFlag(String),
    /// Flags of a seat that is not there.
    #[error("flags: there is no seat {0:?}")]
    NoSuchSeat(String),
    /// Every seat is blocked.
    #[error("flags: every seat is blocked")]
    AllBlocked,
    /// See there.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Whether a name has 1 to `longest` characters, none of them control characters, and no blanks around it.
pub(super) fn check_label(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.chars().count()) && name.trim() == name && !name.chars().any(char::is_control)
}

impl SeatTemplate {
    /// The same template with all names of rows, seats and sections in another form: of two forms of one text in Unicode one
    /// is kept.
    #[must_use]
    pub fn with_names(mut self, form: impl Fn(&str) -> String) -> Self {
        let each = |names: &mut Vec<String>| names.iter_mut().for_each(|name| *name = form(name));
        self.rows.iter_mut().for_each(each);
        self.seats.iter_mut().flatten().for_each(|seat| seat.row = form(&seat.row));
        self.flags = self.flags.map(|flags| flags.into_iter().map(|(seat, flags)| (form(&seat), flags)).collect());
        self.grade_mapping = self.grade_mapping.map(|mapping| {
            let value = |value| match value {
                GradeOrRows::Rows(rows) => GradeOrRows::Rows(rows.iter().map(|row| form(row)).collect()),
                grade => grade,
            };
            mapping.into_iter().map(|(key, one)| (form(&key), value(one))).collect()
        });
        for section in self.layout.iter_mut().flat_map(|layout| &mut layout.sections) {
            section.name = form(&section.name);
            each(&mut section.rows);
        }
        self
    }

    /// The seats of the template in their order, if it is right.
    ///
    /// # Errors
    /// [`TemplateError`], the first that holds.
    pub fn plan(&self) -> Result<SeatPlan, TemplateError> {
        let rows = match (&self.rows, &self.seats) {
            (Some(rows), None) => self.even_rows(rows)?,
            (None, Some(seats)) if self.seats_per_row.is_none() && self.grade_mapping.is_none() => single_seats(seats)?,
            _ => return Err(TemplateError::Form),
        };
        let mut plan = SeatPlan::of(rows, self.layout.clone());
        for (seat, flags) in self.flags.iter().flatten() {
            let flags = flags.iter().map(|flag| read_flag(flag)).collect::<Result<BTreeSet<_>, _>>()?;
            if !plan.flag(seat, &flags) {
                return Err(TemplateError::NoSuchSeat(short(seat)));
            }
        }
        if plan.for_sale() == 0 {
            return Err(TemplateError::AllBlocked);
        }
        if let Some(layout) = &self.layout {
            layout.check(plan.rows().iter().map(|row| row.name.as_str()))?;
        }
        Ok(plan)
    }

    /// As [`SeatTemplate::plan`], for a hall of this capacity.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn plan_within(&self, capacity: u32) -> Result<SeatPlan, TemplateError> {
        let plan = self.plan()?;
        let seats = plan.seats();
        if seats > capacity { Err(TemplateError::OverCapacity { seats, capacity }) } else { Ok(plan) }
    }

    fn even_rows(&self, names: &[String]) -> Result<Vec<PlanRow>, TemplateError> {
        let count = self.seats_per_row.ok_or(TemplateError::Missing("seatsPerRow"))?;
        let mapping = self.grade_mapping.as_ref().ok_or(TemplateError::Missing("gradeMapping"))?;
        check_count(names.len() as u64 * u64::from(count))?;
        let mut known = BTreeSet::new();
        for name in names {
            check_row(name)?;
            if !known.insert(name.as_str()) {
                return Err(TemplateError::RowTwice(short(name)));
            }
        }
        let grades = grades_of(mapping)?;
        if let Some(row) = grades.keys().find(|row| !known.contains(**row)) {
            return Err(TemplateError::NoSuchRow(short(row)));
        }
        let mut first = 0;
        let mut rows = Vec::with_capacity(names.len());
        for name in names {
            let grade = *grades.get(name.as_str()).ok_or_else(|| TemplateError::NoGrade(short(name)))?;
            rows.push(PlanRow::new(name.clone(), grade, first, Numbers::UpTo(count)));
            first += count;
        }
        Ok(rows)
    }
}

fn check_count(seats: u64) -> Result<(), TemplateError> {
    match seats {
        0 => Err(TemplateError::NoSeats),
        seats if seats > u64::from(SEATS_MAX) => Err(TemplateError::TooMany(seats)),
        _ => Ok(()),
    }
}

fn check_row(name: &str) -> Result<(), TemplateError> {
    if check_label(name, ROW_NAME_MAX) { Ok(()) } else { Err(TemplateError::RowName(short(name))) }
}

fn read_grade(text: &str) -> Result<Grade, TemplateError> {
    Grade::parse(text).ok_or_else(|| TemplateError::UnknownGrade(short(text)))
}

fn read_flag(text: &str) -> Result<Flag, TemplateError> {
    let flag = Flag::ALL.into_iter().find(|flag| flag.as_str() == text);
    flag.ok_or_else(|| TemplateError::UnknownFlag(short(text)))
}

/// The grade of each row, from either form of the mapping.
fn grades_of(mapping: &BTreeMap<String, GradeOrRows>) -> Result<BTreeMap<&str, Grade>, TemplateError> {
    let mut grades = BTreeMap::new();
    for (key, value) in mapping {
        let (rows, grade): (Vec<&str>, _) = match value {
            GradeOrRows::Grade(grade) => (vec![key], read_grade(grade)?),
            GradeOrRows::Rows(rows) => (rows.iter().map(String::as_str).collect(), read_grade(key)?),
        };
        for row in rows {
            if grades.insert(row, grade).is_some() {
                return Err(TemplateError::TwoGrades(short(row)));
            }
        }
    }
    Ok(grades)
}

/// Seats one by one: those that follow each other in one row and grade are one row of the plan.
fn single_seats(seats: &[TemplateSeat]) -> Result<Vec<PlanRow>, TemplateError> {
    check_count(seats.len() as u64)?;
    let mut known = BTreeSet::new();
    let mut rows: Vec<PlanRow> = Vec::new();
    for (seat, index) in seats.iter().zip(0u32..) {
        check_row(&seat.row)?;
        if !(1..=SEATS_MAX).contains(&seat.number) {
            return Err(TemplateError::SeatNumber(short(&seat.row)));
        }
        if !known.insert((seat.row.as_str(), seat.number)) {
            return Err(TemplateError::SeatTwice(format!("{}-{}", seat.row, seat.number)));
        }
        let grade = read_grade(&seat.grade)?;
        let goes_on = rows.last().is_some_and(|row| row.name == seat.row && row.grade == grade);
        if !goes_on {
            rows.push(PlanRow::new(seat.row.clone(), grade, index, Numbers::Listed(Vec::new())));
        }
        if let Some(row) = rows.last_mut() {
            row.push(seat.number);
            for flag in &seat.flags {
                row.flag(index, &BTreeSet::from([read_flag(flag)?]));
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
