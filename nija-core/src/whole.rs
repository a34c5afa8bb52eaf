//! Decimals multiplied, compared and rounded as whole numbers, for the hot paths. `Decimal` works on 96 bits behind references and
//! rescales by division; nearly every real price, quantity and lot fits into 64 bits, where the same exact result is a few
//! instructions. What does not fit takes the long way, so the results are always those of `Decimal`.

use rust_decimal::Decimal;
use std::cmp::Ordering;

/// Powers of ten that fit into 64 bits.
const POWERS: [u64; 20] = {
    let mut powers = [1u64; 20];
    let mut n = 1;
    while n < 20 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

#[inline]
pub(crate) fn power(places: u32) -> Option<u64> {
    POWERS.get(usize::try_from(places).ok()?).copied()
}

/// The digits of a number that is not negative.
#[inline]
pub(crate) fn digits(number: Decimal) -> Option<u64> {
    let parts = number.unpack();
    let negative = parts.negative && !number.is_zero();
    (!negative && parts.hi == 0).then_some(u64::from(parts.mid) << 32 | u64::from(parts.lo))
}

/// The number of these digits; `None` beyond the 96 bits and 28 places of a decimal.
#[inline]
#[allow(clippy::cast_possible_truncation)] // Cut into its words on purpose.
pub(crate) fn number(digits: u128, scale: u32) -> Option<Decimal> {
    (digits >> 96 == 0 && scale <= Decimal::MAX_SCALE).then(|| {
        Decimal::from_parts(digits as u32, (digits >> 32) as u32, (digits >> 64) as u32, false, scale)
    })
}

/// Both numbers' digits at the larger of their scales.
#[inline]
fn pair(a: Decimal, b: Decimal) -> Option<(u128, u128, u32)> {
    let scale = a.scale().max(b.scale());
    let at_scale =
        |number: Decimal| Some(u128::from(digits(number)?) * u128::from(power(scale - number.scale())?));
    Some((at_scale(a)?, at_scale(b)?, scale))
}

/// The product.
///
/// # Panics
/// As `*` does: when the product is beyond every decimal. Two amounts' product never is.
#[inline]
#[must_use]
pub fn times(a: Decimal, b: Decimal) -> Decimal {
    #[cold]
    fn long_way(a: Decimal, b: Decimal) -> Decimal {
        a * b
    }
    times_small(a, b).unwrap_or_else(|| long_way(a, b))
}

#[inline]
fn times_small(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = u128::from(digits(a)?) * u128::from(digits(b)?);
    if product == 0 {
        return Some(Decimal::ZERO);
    }
    number(product, a.scale() + b.scale())
}

/// As `Decimal` orders them.
#[inline]
#[must_use]
pub fn compare(a: Decimal, b: Decimal) -> Ordering {
    #[cold]
    fn long_way(a: Decimal, b: Decimal) -> Ordering {
        a.cmp(&b)
    }
    match pair(a, b) {
        Some((a, b, _)) => a.cmp(&b),
        None => long_way(a, b),
    }
}

/// Rounds down to a multiple of `step`; a step that is not positive changes nothing.
#[inline]
pub(crate) fn floor_to(value: Decimal, step: Decimal) -> Decimal {
    #[cold]
    fn long_way(value: Decimal, step: Decimal) -> Decimal {
        // `%` is exact for decimals, unlike a division followed by a multiplication.
        value.checked_rem(step).map_or(value, |rest| value - rest)
    }
    if step.is_sign_negative() || step.is_zero() {
        return value;
    }
    floor_small(value, step).unwrap_or_else(|| long_way(value, step))
}

#[inline]
fn floor_small(value: Decimal, step: Decimal) -> Option<Decimal> {
    let (value, step, scale) = pair(value, step)?;
    let (value, step) = (u64::try_from(value).ok()?, u64::try_from(step).ok()?);
    number(u128::from(value - value % step), scale)
}

/// A quotient cut to so many digits; `None` where there is none.
#[inline]
pub(crate) fn divide_down(value: Decimal, by: Decimal, places: u32) -> Option<Decimal> {
    divide_small(value, by, places).or_else(|| Some(value.checked_div(by)?.trunc_with_scale(places)))
}

#[inline]
fn divide_small(value: Decimal, by: Decimal, places: u32) -> Option<Decimal> {
    let power = power((places + by.scale()).checked_sub(value.scale())?)?;
    let (value, by) = (u128::from(digits(value)?) * u128::from(power), digits(by)?);
    let quotient = match u64::try_from(value) {
        Ok(value) => value.checked_div(by)?,
        Err(_) => u64::try_from(value.checked_div(u128::from(by))?).ok()?,
    };
    number(u128::from(quotient), places)
}

/// A number's whole units of `10^-places`, cut; saturating.
#[inline]
#[must_use]
pub fn units(number: Decimal, places: u32) -> i64 {
    #[cold]
    fn long_way(number: Decimal, places: u32) -> i64 {
        let digits = number.mantissa();
        let scaled = match places.checked_sub(number.scale()) {
            Some(up) => digits.saturating_mul(10i128.saturating_pow(up)),
            None => digits / 10i128.saturating_pow(number.scale() - places),
        };
        i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
    }
    let small = || {
        let power = power(places.checked_sub(number.scale())?)?;
        i64::try_from(digits(number)?.checked_mul(power)?).ok()
    };
    small().unwrap_or_else(|| long_way(number, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i128>(), 0u32..=96, 0u32..=28)
            .prop_map(|(digits, shift, scale)| Decimal::from_i128_with_scale((digits >> 32) >> shift, scale))
    }

    #[test]
    fn any_decimal_has_its_units() {
        let of = |text: &str| units(text.parse().unwrap(), 4);
        assert_eq!((of("1.5"), of("-0.00019"), of("0.98765432109876543210")), (15_000, -1, 9876));
        assert_eq!((units(Decimal::MAX, 8), units(Decimal::MIN, 8)), (i64::MAX, i64::MIN));
    }

    proptest! {
        #[test]
        fn products_of_real_size_are_those_of_decimals(a in 0i64.., b in 0i64.., scales in (0u32..16, 0u32..16)) {
            let (a, b) = (Decimal::new(a, scales.0), Decimal::new(b, scales.1));
            if let Some(product) = a.checked_mul(b) {
                prop_assert_eq!(times(a, b), product);
                // As long, too: the digits go on record.
                prop_assert_eq!(times(a, b).scale(), product.scale());
            }
        }

        #[test]
        fn a_quotient_is_cut_as_decimals_cut_it(a in 0i64.., b in 1i64.., scales in (0u32..12, 0u32..12), places in 0u32..10) {
            let (a, b) = (Decimal::new(a, scales.0), Decimal::new(b, scales.1));
            if let Some(exact) = a.checked_div(b) {
                // The long quotient is itself rounded, at its 28th digit.
                let cut = divide_down(a, b, places).unwrap();
                prop_assert!(cut <= exact && exact - cut <= Decimal::new(1, places), "{a} / {b}");
            }
        }

        #[test]
        fn whole_numbers_order_and_round_as_decimals_do(a in decimal(), b in decimal()) {
            prop_assert_eq!(compare(a, b), a.cmp(&b));
            let (small_a, small_b) = (a / Decimal::new(1 << 40, 0), b / Decimal::new(1 << 40, 0));
            prop_assert_eq!(Some(times(small_a, small_b)), small_a.checked_mul(small_b));
            let step = b.abs();
            let long_way = a.checked_rem(step).map_or(a, |rest| a - rest);
            prop_assert_eq!(floor_to(a, step), long_way);
        }
    }
}
