//! Accounts: the rules of who people are (AUTH-*).

mod email;
pub mod family;
pub mod login;
mod password;
mod person_name;
mod phone;
mod return_url;
mod role;
mod standing;
mod terms;

pub use email::{EMAIL_BYTES_MAX, EmailAddress, EmailError};
pub use login::{LoginFailure, LoginMethod};
pub use password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordError};
pub use person_name::{NAME_CHARACTERS_MAX, PersonName, PersonNameError};
pub use phone::{PhoneError, PhoneNumber};
pub use return_url::ReturnUrl;
pub use role::UserRole;
pub use standing::{AccountStatus, Standing};
pub use terms::*;
