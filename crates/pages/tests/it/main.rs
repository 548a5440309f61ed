//! The pages over a small stand-in of the API.

mod console;
mod looks;
mod people;
mod wait;
