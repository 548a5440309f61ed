//! The kit of pages as its files are: words, colours, bytes.

mod bytes;
mod colours;
mod edge;
mod files;
mod routes;
mod scripts;
mod words;
