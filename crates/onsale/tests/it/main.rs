//! Whole-program tests: the built program, real sockets, real files.

mod bad_input;
mod campaigns;
mod connections;
mod drain;
mod drand;
mod draw;
mod draw_public;
mod gate;
mod gate_door;
mod gate_kafka;
mod gate_pass;
mod issue;
mod kill;
mod kill_rush;
mod limits;
mod line_input;
mod operation;
mod parted_books;
mod redemption;
mod rush_line;
mod rush_server;
mod site;
mod start;
mod stream;
mod tenants;
