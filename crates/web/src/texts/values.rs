//! What templates put into texts: they hand over references as often as values.

use super::Value;

/// A whole number of any size.
pub trait Whole: Copy {
    /// The number; what is too large becomes the largest.
    fn whole(self) -> i64;
}

/// A value of a variable: a whole number or a text.
pub trait Fill {
    /// For the text.
    fn value(&self) -> Value<'static>;
}

macro_rules! whole {
    ($($kind:ty),*) => {
        $(impl Whole for $kind {
            fn whole(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }

        impl Fill for $kind {
            fn value(&self) -> Value<'static> {
                Value::from(self.whole())
            }
        })*
    };
}

whole!(i32, i64, u8, u16, u32, u64, usize);

impl<W: Whole> Whole for &W {
    fn whole(self) -> i64 {
        (*self).whole()
    }
}

impl<F: Fill + ?Sized> Fill for &F {
    fn value(&self) -> Value<'static> {
        (**self).value()
    }
}

impl Fill for str {
    fn value(&self) -> Value<'static> {
        Value::from(self.to_owned())
    }
}

impl Fill for String {
    fn value(&self) -> Value<'static> {
        Value::from(self.clone())
    }
}
