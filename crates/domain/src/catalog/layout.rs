//! How the seats of a hall lie: sections with a name, rows and an outline. It is drawn, and decides nothing.

use super::template::check_label;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most sections: an overview with more cannot be read.
pub const SECTIONS_MAX: usize = 100;
/// Longest name of a section, in characters.
pub const SECTION_NAME_MAX: usize = 50;
/// Most corners of an outline.
pub const CORNERS_MAX: usize = 200;
/// The greatest coordinate, in either direction.
pub const COORDINATE_MAX: f64 = 100_000.0;

/// A corner of an outline: x to the right, y downwards, in any unit.
pub type Corner = [f64; 2];

/// The layout of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Each row of the template stands in one of them.
    pub sections: Vec<Section>,
    /// The outline of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Vec<Corner>>,
}

/// A part of the hall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The name, unique in the hall.
    pub name: String,
    /// The names of its rows.
    pub rows: Vec<String>,
    /// The outline, three corners or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<Vec<Corner>>,
}

/// Why a layout was refused. The text of the error is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// None, or more than [`SECTIONS_MAX`].
    #[error("layout.sections: must be 1 to 100 sections")]
    Sections,
    /// A name that cannot be one.
    #[error("layout.sections: the name {0:?} must have 1 to 50 characters, without blanks around it")]
    Name(String),
    /// Two sections of one name.
    #[error("layout.sections: {0:?} is there twice")]
    Twice(String),
    /// A row that the template does not have.
    #[error("layout: section {section:?} names the row {row:?}, which the template does not have")]
    NoSuchRow {
        /// The section.
        section: String,
        /// The row.
        row: String,
    },
    /// A row in two sections, or twice in one.
    #[error("layout: the row {0:?} stands in more than one place")]
    RowTwice(String),
    /// A row in no section.
    #[error("layout: the row {0:?} stands in no section")]
    RowMissing(String),
    /// Too few or too many corners, or one that is too far away.
    #[error("layout: the outline of {0} must have 3 to 200 corners [x, y] within -100000 to 100000")]
    Outline(String),
}

impl Layout {
    /// Checks the layout against the rows of its template.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn check<'a>(&self, rows: impl IntoIterator<Item = &'a str>) -> Result<(), LayoutError> {
        if !(1..=SECTIONS_MAX).contains(&self.sections.len()) {
            return Err(LayoutError::Sections);
        }
        self.stage.as_deref().map_or(Ok(()), |corners| check_outline("the stage", corners))?;
        let mut missing: BTreeSet<&str> = rows.into_iter().collect();
        let (mut names, mut placed) = (BTreeSet::new(), BTreeSet::new());
        for section in &self.sections {
            section.check_alone()?;
            if !names.insert(section.name.as_str()) {
                return Err(LayoutError::Twice(section.name.clone()));
            }
            for row in &section.rows {
                if !placed.insert(row.as_str()) {
                    return Err(LayoutError::RowTwice(short(row)));
                }
                if !missing.remove(row.as_str()) {
                    return Err(LayoutError::NoSuchRow { section: section.name.clone(), row: short(row) });
                }
            }
        }
        missing.first().map_or(Ok(()), |row| Err(LayoutError::RowMissing(short(row))))
    }

    /// The index of the section of each row.
    pub(super) fn section_of_rows(&self) -> BTreeMap<&str, usize> {
        let mut of_rows = BTreeMap::new();
        for (index, section) in self.sections.iter().enumerate() {
            of_rows.extend(section.rows.iter().map(|row| (row.as_str(), index)));
        }
        of_rows
    }
}

impl Section {
    fn check_alone(&self) -> Result<(), LayoutError> {
        if !check_label(&self.name, SECTION_NAME_MAX) {
            return Err(LayoutError::Name(short(&self.name)));
        }
        let named = format!("{:?}", self.name);
        self.outline.as_deref().map_or(Ok(()), |corners| check_outline(&named, corners))
    }
}

fn check_outline(of: &str, corners: &[Corner]) -> Result<(), LayoutError> {
    let is_near = |corner: &Corner| corner.iter().all(|at| at.is_finite() && at.abs() <= COORDINATE_MAX);
    let is_valid = (3..=CORNERS_MAX).contains(&corners.len()) && corners.iter().all(is_near);
    if is_valid { Ok(()) } else { Err(LayoutError::Outline(of.to_owned())) }
}

/// The beginning of a name from outside, for a message.
pub(super) fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, rows: &[&str]) -> Section {
        let rows = rows.iter().map(|row| (*row).to_owned()).collect();
        Section { name: name.into(), rows, outline: Some(vec![[0.0, 0.0], [10.5, 0.0], [5.0, -8.0]]) }
    }

    #[test]
    fn each_row_stands_in_exactly_one_section() {
        let check = |sections: Vec<Section>| Layout { sections, stage: None }.check(["A", "B"]);
        assert_eq!(check(vec![section("floor", &["A"]), section("balcony", &["B"])]), Ok(()));
        assert_eq!(check(vec![section("floor", &["A"])]), Err(LayoutError::RowMissing("B".into())));
        assert_eq!(check(vec![section("floor", &["A", "B", "A"])]), Err(LayoutError::RowTwice("A".into())));
        assert_eq!(check(vec![section("a", &["A", "B"]), section("a", &[])]), Err(LayoutError::Twice("a".into())));
        assert!(matches!(check(vec![section("a", &["A", "B", "C"])]), Err(LayoutError::NoSuchRow { .. })));
        assert_eq!(check(vec![]), Err(LayoutError::Sections));
        assert!(matches!(check(vec![section(" a", &["A", "B"])]), Err(LayoutError::Name(_))));
    }

    #[test]
    fn an_outline_has_corners_in_reach() {
        let check = |outline| {
            let section = Section { outline: Some(outline), ..section("a", &["A"]) };
            Layout { sections: vec![section], stage: None }.check(["A"])
        };
        assert!(check(vec![[0.0, 0.0]; 2]).is_err() && check(vec![[0.0, 0.0]; 201]).is_err());
        assert!(check(vec![[0.0, 0.0], [1.0, 1.0], [f64::INFINITY, 0.0]]).is_err());
        assert!(check(vec![[0.0, 0.0], [1.0, 1.0], [1e9, 0.0]]).is_err());
    }
}
