//! Ids and times of SQLite files: the texts that the contract names (`contract-ticketing.md`, Tables).

use crate::Raw;

/// Every column of ids or times, as a statement that counts the values of its table in another form, with its name.
const QUESTIONS: &str = "SELECT 'SELECT ''' || t.name || '.' || c.name || ' '' || quote(\"' || c.name || '\") FROM \"' || t.name || \
     '\" WHERE ' || replace(CASE c.type WHEN 'uuid_text' THEN \
     'typeof(#) <> ''null'' AND (typeof(#) <> ''text'' OR length(#) <> 36 OR # GLOB ''*[^0-9a-f-]*'')' ELSE \
     '# NOT GLOB ''[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]''' END, \
     '#', '\"' || c.name || '\"') FROM sqlite_master t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND c.type IN ('uuid_text', 'timestamp_with_timezone_text')";

impl Raw {
    /// The ids and times of a SQLite file that are no texts of the form, each with its table and column. Of all tables.
    ///
    /// # Panics
    /// When the file cannot be read, or has no such column.
    pub async fn in_other_forms(&self) -> Vec<String> {
        let questions = self.texts(QUESTIONS).await;
        assert!(!questions.is_empty(), "no column of ids or times");
        let mut found = Vec::new();
        for question in questions {
            found.extend(self.texts(&question).await);
        }
        found
    }
}
