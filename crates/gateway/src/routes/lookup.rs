//! The look-up: letter by letter, without decoding anything.
//!
//! A tree of segments, made once. A segment that is written in the table counts before one that may be anything; where the
//! rest of the path does not fit behind it, the other is tried. The table is small and its paths are short, so that is
//! a few comparisons.

use super::{Access, ROWS, Row, Verb};
use crate::{Service, TimeLimits};
use http::Method;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::of(ROWS));

/// What a path and a method lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'p> {
    /// A route.
    Found(Found<'p>),
    /// The path is known, the method is not: those that are, for `Allow`.
    WrongMethod(String),
    /// Nobody's path.
    Unknown,
}

/// A route, and the line that the path names.
#[derive(Clone, Copy, Debug)]
pub struct Found<'p> {
    /// The route.
    pub row: &'static Row,
    line: Option<&'p str>,
}

/// By the route: the table has each once.
impl PartialEq for Found<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.row, other.row) && self.line == other.line
    }
}

impl Eq for Found<'_> {}

impl Found<'_> {
    /// Who answers: lines of campaigns are the gate's.
    pub fn service(&self) -> Service {
        match self.line {
            Some(line) if self.row.service == Service::Queue && is_of_gate(line) => Service::Gate,
            _ => self.row.service,
        }
    }
}

/// `gate:NAME`, also with an escaped colon, or the public name of such a line.
fn is_of_gate(line: &str) -> bool {
    ["gate:", "gate%3A", "gate%3a", "public:", "public%3A", "public%3a"].iter().any(|start| line.starts_with(start))
}

/// Looks up a route.
pub fn find<'p>(method: &Method, path: &'p str) -> Lookup<'p> {
    TREE.find(method, path)
}

/// How long the gateway waits for the route of a request by its default settings, of a stream for the head alone; none for a
/// path of nobody, and for what no service answers: health, documents, the demonstration's stand-ins.
pub fn time_limit(method: &Method, path: &str) -> Option<Duration> {
    let Lookup::Found(found) = find(method, path) else { return None };
    let is_beside = match found.row.service {
        Service::Gateway => found.row.access == Access::Anyone,
        Service::Sandbox => true,
        _ => false,
    };
    let limits = TimeLimits::default();
    (!is_beside).then(|| limits.of(found.row).unwrap_or(limits.usual))
}

#[derive(Default)]
struct Node {
    written: HashMap<&'static str, Node>,
    any: Option<Box<Node>>,
    /// Whether the segment of this node names a line.
    is_line: bool,
    /// Routes that end here.
    rows: Vec<&'static Row>,
    /// Routes that take all that follows.
    rest: Vec<&'static Row>,
}

/// The routes of a path, and the line that it names.
type Known<'t, 'p> = (&'t [&'static Row], Option<&'p str>);

struct Tree(Node);

impl Tree {
    fn of(rows: &'static [Row]) -> Self {
        let mut root = Node::default();
        for row in rows {
            root.add(row);
        }
        Self(root)
    }

    fn find<'p>(&self, method: &Method, path: &'p str) -> Lookup<'p> {
        let known = path.strip_prefix('/').and_then(|rest| self.0.find(rest, path.contains('%'), None));
        let Some((rows, line)) = known else { return Lookup::Unknown };
        match rows.iter().find(|row| row.verb.fits(method)) {
            Some(row) => Lookup::Found(Found { row, line }),
            None => Lookup::WrongMethod(allow(rows)),
        }
    }
}

impl Node {
    fn add(&mut self, row: &'static Row) {
        let mut node = self;
        for segment in row.pattern.trim_start_matches('/').split('/') {
            if segment.starts_with("{*") {
                return node.rest.push(row);
            }
            node = match segment.starts_with('{') {
                true => node.any.get_or_insert_default(),
                false => node.written.entry(segment).or_default(),
            };
            node.is_line |= segment == "{line}";
        }
        node.rows.push(row);
    }

    /// The routes of a path, and the line in it. `path`: what follows the slash behind this node.
    ///
    /// As the router of the services does, the path decides alone: with the wrong method there is no other route.
    fn find<'t, 'p>(&'t self, path: &'p str, has_escapes: bool, line: Option<&'p str>) -> Option<Known<'t, 'p>> {
        let (segment, rest) = path.split_once('/').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
        if let Some(found) = self.written.get(segment).and_then(|node| node.next(rest, has_escapes, line)) {
            return Some(found);
        }
        let any = self.any.as_deref().filter(|_| is_value(segment));
        let found = any.and_then(|node| node.next(rest, has_escapes, if node.is_line { Some(segment) } else { line }));
        // A rest may be all that the form of paths allows, but not nothing.
        found.or_else(|| Some((self.rest.as_slice(), line)).filter(|(rows, _)| !rows.is_empty() && !path.is_empty()))
    }

    /// The routes behind this node's segment. `rest`: what follows the next slash, if there is one.
    fn next<'t, 'p>(
        &'t self,
        rest: Option<&'p str>,
        has_escapes: bool,
        line: Option<&'p str>,
    ) -> Option<Known<'t, 'p>> {
        match rest {
            Some(rest) => self.find(rest, has_escapes, line),
            None => {
                let is_whole = self.rows.first().is_some_and(|row| !has_escapes || row.takes_escapes());
                is_whole.then_some((self.rows.as_slice(), line))
            }
        }
    }
}

/// Whether a segment can be the value of a parameter: not empty, and without the `;` by which other servers begin parameters
/// of their own.
fn is_value(segment: &str) -> bool {
    !segment.is_empty() && !segment.contains(';')
}

/// The methods of these routes, as `Allow` lists them.
fn allow(rows: &[&'static Row]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        names.push(row.verb.as_str());
        if row.verb == Verb::Get {
            names.push("HEAD");
        }
    }
    names.join(",")
}

impl Verb {
    /// Whether a request with this method is for a route of this verb.
    fn fits(self, method: &Method) -> bool {
        match self {
            Self::Any => true,
            Self::Get => method == Method::GET || method == Method::HEAD,
            verb => verb.as_str() == method.as_str(),
        }
    }
}
