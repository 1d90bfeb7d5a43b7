//! Closed sets of words.

/// A closed set of words: an enum with the word for each variant, stored and written as that word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word that stands for this in files, commands and on disk.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::value::Invalid;

            fn from_str(text: &str) -> Result<$name, $crate::domain::value::Invalid> {
                let wanted = text.trim().to_lowercase().replace(['-', ' '], "_");
                $name::ALL.iter().copied().find(|one| one.word() == wanted).ok_or_else(|| {
                    $crate::domain::value::Invalid::new(format!("`{}` is none of {}", text.trim(), $name::WORDS.join(", ")))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(self.word())
                } else {
                    let at = $name::ALL.iter().position(|one| one == self).unwrap_or_default();
                    serializer.serialize_u8(at as u8)
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    let at = u8::deserialize(deserializer)?;
                    $name::ALL.get(usize::from(at)).copied().ok_or_else(|| {
                        serde::de::Error::custom(concat!("unknown ", stringify!($name)))
                    })
                }
            }
        }
    };
}
pub(crate) use words;
