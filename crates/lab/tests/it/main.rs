//! The load engine and the rush against a small server that plays the product, rightly or with planted faults.

mod line;
mod load;
mod rush;
mod stand_in;
