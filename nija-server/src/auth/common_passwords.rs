//! Words that common passwords are made of.
//!
//! Passwords have at least 12 characters, so what is tried first is such a word with digits or signs around it, or two of
//! them; the list holds the words, in lower case and without signs.

/// Whether the text is such a word, twice such a word, or two of them.
pub(super) fn contains(text: &str) -> bool {
    is_word(text)
        || (1..text.len()).any(|at| text.is_char_boundary(at) && is_word(&text[..at]) && is_word(&text[at..]))
}

fn is_word(text: &str) -> bool {
    WORDS.binary_search(&text).is_ok()
}

/// In order, for the binary search.
const WORDS: &[&str] = &[
    "abc",
    "access",
    "account",
    "admin",
    "administrator",
    "alexander",
    "amanda",
    "andrea",
    "andrew",
    "angel",
    "anthony",
    "apple",
    "arsenal",
    "ashley",
    "asshole",
    "bailey",
    "banana",
    "barcelona",
    "baseball",
    "basketball",
    "batman",
    "beautiful",
    "bitcoin",
    "biteme",
    "blink",
    "butterfly",
    "changeme",
    "charlie",
    "chelsea",
    "chocolate",
    "christian",
    "computer",
    "cookie",
    "correcthorsebatterystaple",
    "crypto",
    "daniel",
    "default",
    "diamond",
    "dragon",
    "elephant",
    "ethereum",
    "exchange",
    "family",
    "flower",
    "football",
    "forever",
    "freedom",
    "friends",
    "fuckme",
    "fuckyou",
    "gfhjkm",
    "ginger",
    "guest",
    "hannah",
    "harley",
    "hello",
    "hockey",
    "hunter",
    "iloveyou",
    "internet",
    "jennifer",
    "jessica",
    "jesus",
    "jordan",
    "joshua",
    "justin",
    "kraken",
    "letmein",
    "liverpool",
    "login",
    "love",
    "lovely",
    "loveme",
    "lovers",
    "master",
    "matthew",
    "maverick",
    "michael",
    "michelle",
    "money",
    "monkey",
    "mother",
    "mustang",
    "mynoob",
    "naruto",
    "nicole",
    "nija",
    "ninja",
    "nothing",
    "oncemore",
    "pass",
    "passphrase",
    "passw",
    "passwd",
    "passwo",
    "password",
    "passwort",
    "peanut",
    "pepper",
    "pokemon",
    "princess",
    "pussy",
    "qazwsx",
    "qwert",
    "qwerty",
    "qwertyuiop",
    "ranger",
    "robert",
    "root",
    "samsung",
    "secret",
    "shadow",
    "soccer",
    "starwars",
    "summer",
    "sunshine",
    "superman",
    "test",
    "tester",
    "testing",
    "thomas",
    "tigger",
    "trading",
    "trustno",
    "trustnoi",
    "user",
    "welcome",
    "whatever",
    "william",
    "winter",
    "yankees",
    "zaq",
    "zxcvbn",
    "zxcvbnm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn two_words_are_as_bad_as_one() {
        assert!(contains("password") && contains("passwordadmin") && contains("letmeinletmein"));
        assert!(!contains("passwordzebra"));
    }
}
