//! Which passwords are good enough.

use super::{Email, common_passwords};

/// Fewest characters.
const MIN: usize = 12;
/// Most bytes: hashing more would only serve to keep the server busy.
const MAX_BYTES: usize = 1024;

/// Refuses short, endless and common passwords; the text says what to do.
pub(crate) fn check(password: &str, email: &Email) -> Result<(), String> {
    if password.chars().count() < MIN {
        return Err(format!("use at least {MIN} characters; a few words in a row are good"));
    }
    if password.len() > MAX_BYTES {
        return Err(format!("use at most {MAX_BYTES} bytes"));
    }
    if is_easy(password, email) {
        return Err(
            "this password is among the first that an attacker tries; use a few unrelated words in a row"
                .into(),
        );
    }
    Ok(())
}

fn is_easy(password: &str, email: &Email) -> bool {
    let lower = password.to_lowercase();
    let without_signs: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    // Signs stand beside a word (`password!`) or in it (`p@ssword`).
    let with_letters: String =
        lower.replace('@', "a").replace('$', "s").chars().filter(|c| c.is_alphanumeric()).collect();
    is_made_of(&without_signs, email) || [without_signs, with_letters].iter().any(|plain| is_common(plain))
}

fn is_common(plain: &str) -> bool {
    let undigited = |text: &str| text.trim_matches(|c: char| c.is_ascii_digit()).to_owned();
    let unleeted = |text: &str| text.chars().map(unleet).collect::<String>();
    let word = unleeted(&undigited(plain));
    word.is_empty()
        || is_repetition(plain)
        || is_walk(plain)
        || [plain.to_owned(), word, undigited(&unleeted(plain))]
            .iter()
            .any(|text| common_passwords::contains(text))
}

/// `aaaaaaaaaaaa`, `abcabcabcabc`, `passwordpassword` (whose half is then judged by itself).
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 2)
        .filter(|size| chars.len().is_multiple_of(*size))
        .any(|size| chars.chunks(size).all(|chunk| chunk == &chars[..size]) && size < 10)
}

/// Runs along the keyboard or the alphabet, forwards or back.
fn is_walk(text: &str) -> bool {
    const WALKS: [&str; 6] = [
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "1q2w3e4r5t6y7u8i9o0p",
        "qazwsxedcrfvtgbyhnujmikolp",
    ];
    let letters = text.trim_matches(|c: char| c.is_ascii_digit());
    [text, letters].into_iter().filter(|part| part.len() >= 6).any(|part| {
        let back: String = part.chars().rev().collect();
        WALKS.iter().any(|walk| walk.contains(part) || walk.contains(&back))
    })
}

/// The address itself, or its first part with a few characters around it.
fn is_made_of(plain: &str, email: &Email) -> bool {
    let squash = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let (whole, local) = (squash(email.as_str()), squash(email.local()));
    plain == whole || (local.len() >= 5 && plain.contains(&local) && plain.len() < local.len() + 8)
}

const fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Email {
        Email::parse("ada.lovelace@example.org").unwrap()
    }

    #[test]
    fn easy_passwords_are_refused_in_all_their_disguises() {
        for easy in [
            "short",
            "elevenchars",
            "password1234",
            "correct horse battery staple",
            "P@ssw0rd!2024",
            "Password-1234",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "123456789012",
            "qwertyuiop12",
            "1q2w3e4r5t6y",
            "iloveyou12345",
            "letmeinletmein",
            "ada.lovelace1",
            "ada.lovelace@example.org",
            "zyxwvutsrqpo",
            &"x".repeat(2000),
        ] {
            assert!(check(easy, &ada()).is_err(), "{easy:?}");
        }
    }

    #[test]
    fn a_few_words_in_a_row_are_fine() {
        for good in
            ["carpet lemon window 9 sky", "lamp river 42 stone", "пароль-из-трёх-слов", "vN7#qLr2$wX9z"]
        {
            assert_eq!(check(good, &ada()), Ok(()), "{good:?}");
        }
    }
}
