use super::Points;
use nija_core::whole::units;
use rust_decimal::Decimal;

/// How well orders on this pair went here; 50 when unknown.
pub(crate) fn record(pair_record: Option<Decimal>) -> Points {
    pair_record.map_or(Points::UNKNOWN, |record| Points::bounded(units(record, Points::SCALE)))
}

#[cfg(test)]
mod tests {
    use super::record;
    use rust_decimal::Decimal;

    #[test]
    fn an_unknown_pair_is_middling() {
        assert_eq!(record(None).decimal(), Decimal::from(50));
        assert_eq!(record(Some(Decimal::from(90))).decimal(), Decimal::from(90));
    }
}
