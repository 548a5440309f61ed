//! Tickets: the number of a paid reservation, its signed code, and the list that a door checks without the network
//! (RSV-009/010, RSV-016; `contract-ticketing.md`, Reservation; `contract-amendments.md`, 30 and part 2, 19).
//!
//! ```text
//! code       base64url({"v":1,"t":"T20261224-8K3N5QX2M7","r":"<reservation>","s":"<schedule>","k":"<key id>"}) . base64url(signature)
//! qrData     <public URL> /tickets/verify/ code
//! door list  base64url({"v":1,"s":"<schedule>","at":"...","k":"<key id>","tickets":[...]}) . base64url(signature)
//! ```
//!
//! Signatures are Ed25519 (RFC 8032) over the characters of the first part; base64url is without padding (RFC 4648). Each text
//! has one form alone: what decodes to the same values but is written otherwise is not ours.

mod check;
mod code;
mod day;
mod door_list;
mod key;
mod number;
mod sealed;

pub use check::{OfflineCheck, TicketStatus};
pub use code::{QR_BYTES_MAX, TicketCode, VERIFY_PATH, code_in, qr_data};
pub use day::{DayZone, DayZoneError};
pub use door_list::{DOOR_LIST_BYTES_MAX, DoorList, DoorTicket};
pub use key::{KeyFault, PublicTicketKey, SignedFault, TicketKey, TicketKeyId, TicketKeys};
pub use number::{NumberError, TicketNumber};
pub use sealed::{seal, unseal};
