//! Refuses an array where an object is wanted.
//!
//! `serde` reads a struct from `{"user_id":"al","event_id":"shoes"}` and from `["al","shoes"]` as well. The second form
//! has no names, so a mistake in it is not noticed, and another reader of the same body would not know it. This layer
//! around any deserializer refuses it for structs at every depth.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use std::fmt;

/// A deserializer whose structs are objects.
pub(super) struct ObjectsOnly<D>(pub D);

/// A visitor of a struct or of something else.
struct Watched<V> {
    visitor: V,
    is_struct: bool,
}

fn of<V>(visitor: V) -> Watched<V> {
    Watched { visitor, is_struct: false }
}

fn of_struct<V>(visitor: V) -> Watched<V> {
    Watched { visitor, is_struct: true }
}

/// A visitor of any value. `serde` reads an enum with an inner tag (`#[serde(tag = "type")]`) through it, and says so in
/// what it expects: it is an object, too. (What stands within it is read from memory, past this layer: keep it flat.)
fn of_any<'de, V: Visitor<'de>>(visitor: V) -> Watched<V> {
    let expected: &dyn Expected = &visitor;
    let is_struct = expected.to_string().starts_with("internally tagged");
    Watched { visitor, is_struct }
}

macro_rules! forward_methods {
    ($($method:ident($($argument:ident: $kind:ty),*) $watched:ident),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* $watched(visitor))
        })+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectsOnly<D> {
    type Error = D::Error;

    forward_methods! {
        deserialize_any() of_any, deserialize_bool() of, deserialize_i8() of, deserialize_i16() of, deserialize_i32() of,
        deserialize_i64() of, deserialize_i128() of, deserialize_u8() of, deserialize_u16() of, deserialize_u32() of,
        deserialize_u64() of, deserialize_u128() of, deserialize_f32() of, deserialize_f64() of,
        deserialize_char() of, deserialize_str() of, deserialize_string() of, deserialize_bytes() of,
        deserialize_byte_buf() of, deserialize_option() of, deserialize_unit() of, deserialize_seq() of,
        deserialize_map() of, deserialize_identifier() of, deserialize_ignored_any() of,
        deserialize_unit_struct(name: &'static str) of, deserialize_newtype_struct(name: &'static str) of,
        deserialize_tuple(len: usize) of, deserialize_tuple_struct(name: &'static str, len: usize) of,
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) of_struct,
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) of,
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! forward_visits {
    ($($method:ident: $kind:ty),+ $(,)?) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })+
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<V> {
    type Value = V::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(out)
    }

    forward_visits! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128,
        visit_u8: u8, visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32,
        visit_f64: f64, visit_char: char, visit_str: &str, visit_borrowed_str: &'de str, visit_string: String,
        visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(ObjectsOnly(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(ObjectsOnly(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.is_struct {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self.visitor));
        }
        self.visitor.visit_seq(ObjectsOnly(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(ObjectsOnly(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(ObjectsOnly(access))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for ObjectsOnly<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(ObjectsOnly(inner))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(ObjectsOnly(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(ObjectsOnly(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;
    type Variant = ObjectsOnly<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        self.0.variant_seed(seed).map(|(value, variant)| (value, ObjectsOnly(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(ObjectsOnly(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, of(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, of_struct(visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        a: u8,
        b: Option<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Pair);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "value", rename_all = "lowercase")]
    enum Adjacent {
        Fixed(u8),
        Pair { a: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Inner {
        Fixed { value: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Plain {
        Unit,
        New(Pair),
        Tuple(u8, Pair),
        Named { a: u8 },
    }

    fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        T::deserialize(ObjectsOnly(&mut reader)).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused<'a, T: Deserialize<'a> + fmt::Debug>(text: &'a str) {
        let error = parse::<T>(text).expect_err("an array is no object");
        assert!(error.contains("invalid type: sequence"), "{text}: {error}");
    }

    /// Kind: an array is read as a struct. All places where a struct can stand.
    #[test]
    fn no_struct_is_read_from_an_array() {
        let object = r#"{"a":1,"b":2}"#;
        let pair = || Pair { a: 1, b: Some(2) };
        assert_eq!(parse(object), Ok(pair()));
        refused::<Pair>("[1,2]");
        assert_eq!(parse(object), Ok(Wrapped(pair())));
        refused::<Wrapped>("[1,2]");
        assert_eq!(parse(object), Ok(Some(pair())));
        refused::<Option<Pair>>("[1,2]");
        assert_eq!(parse(&format!("[{object}]")), Ok(vec![pair()]));
        refused::<Vec<Pair>>("[[1,2]]");
        assert_eq!(parse(&format!(r#"{{"k":{object}}}"#)), Ok(BTreeMap::from([("k".to_owned(), pair())])));
        refused::<BTreeMap<String, Pair>>(r#"{"k":[1,2]}"#);
        assert_eq!(parse(&format!("[7,{object}]")), Ok((7, pair())));
        refused::<(u8, Pair)>("[7,[1,2]]");
        assert_eq!(parse(r#"{"type":"fixed","value":5}"#), Ok(Adjacent::Fixed(5)));
        refused::<Adjacent>(r#"["fixed",5]"#);
        assert_eq!(parse(r#"{"type":"pair","value":{"a":1}}"#), Ok(Adjacent::Pair { a: 1 }));
        refused::<Adjacent>(r#"{"type":"pair","value":[1]}"#);
        assert_eq!(parse(r#"{"type":"fixed","value":5}"#), Ok(Inner::Fixed { value: 5 }));
        refused::<Inner>(r#"["fixed",5]"#);
        refused::<BTreeMap<String, Inner>>(r#"{"k":["fixed",5]}"#);
        assert_eq!(parse(&format!(r#"{{"new":{object}}}"#)), Ok(Plain::New(pair())));
        refused::<Plain>(r#"{"new":[1,2]}"#);
        assert_eq!(parse(&format!(r#"{{"tuple":[1,{object}]}}"#)), Ok(Plain::Tuple(1, pair())));
        refused::<Plain>(r#"{"tuple":[1,[1,2]]}"#);
        assert_eq!(parse(r#"{"named":{"a":1}}"#), Ok(Plain::Named { a: 1 }));
        refused::<Plain>(r#"{"named":[1]}"#);
        assert_eq!(parse(r#""unit""#), Ok(Plain::Unit));
    }
}
