//! The tree as serde reads it.
//!
//! serde's own reading of JSON would take a list for an object, its items for the fields in order; here a section is
//! an object and nothing else.

use super::tree::{Kind, Node};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde_json::{Error, Value};

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(value) => value.deserialize_any(visitor),
            Kind::List(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(|(_, item)| item));
                let list = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(list)
            }
            Kind::Object(members) => {
                let members = members.iter().map(|member| (member.name.as_str(), &member.value));
                let mut members = MapDeserializer::new(members);
                let object = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(object)
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::List(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            Kind::Scalar(_) | Kind::Object(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(value) => value.deserialize_enum(name, variants, visitor),
            Kind::List(_) => Err(Error::invalid_type(Unexpected::Seq, &"a string")),
            Kind::Object(_) => Err(Error::invalid_type(Unexpected::Map, &"a string")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}
