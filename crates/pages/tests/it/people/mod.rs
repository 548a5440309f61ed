//! Log-in, sign-up, my pages and tickets, over a stand-in of the API that asks for CSRF tokens as the gateway does.

mod account;
mod bookings;
mod login;
mod logs;
mod sign_up;
mod support;
mod tickets;
