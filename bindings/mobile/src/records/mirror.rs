//! Turning a wire type into its record, field by field.

use rust_decimal::Decimal;

/// A wire field as the host sees it.
pub(crate) trait Cross<T> {
    fn cross(self) -> T;
}

impl Cross<String> for Decimal {
    fn cross(self) -> String {
        self.to_string()
    }
}

impl<T, U> Cross<Option<U>> for Option<T>
where
    T: Cross<U>,
{
    fn cross(self) -> Option<U> {
        self.map(T::cross)
    }
}

impl<T, U> Cross<Vec<U>> for Vec<T>
where
    T: Cross<U>,
{
    fn cross(self) -> Vec<U> {
        self.into_iter().map(T::cross).collect()
    }
}

macro_rules! crosses_as_it_is {
    ($($type:ty),*) => { $(
        impl Cross<$type> for $type {
            fn cross(self) -> $type {
                self
            }
        }
    )* };
}

crosses_as_it_is!(String, bool, u32, u64);

/// Makes a record and its conversion. A field that the wire type gains and the record lacks does not compile, unless it is named as
/// one that apps do without.
macro_rules! mirror {
    ($(#[$about:meta])* $name:ident $(without $($left:ident),+)? { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, uniffi::Record)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl From<nija_client::wire::$name> for $name {
            fn from(wire: nija_client::wire::$name) -> Self {
                let nija_client::wire::$name { $($field,)* $($($left: _,)+)? } = wire;
                Self { $($field: $crate::records::mirror::Cross::cross($field)),* }
            }
        }

        impl $crate::records::mirror::Cross<$name> for nija_client::wire::$name {
            fn cross(self) -> $name {
                self.into()
            }
        }
    };
}

pub(crate) use mirror;
