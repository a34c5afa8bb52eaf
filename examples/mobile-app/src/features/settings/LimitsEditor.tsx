import { useState } from 'react';
import { View } from 'react-native';

import type { RiskLimits } from '@/api/types';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { limitsOf, textOf, type LimitField } from './limits-text';

const FIELDS: readonly { field: LimitField; label: string; unit?: string }[] = [
  { field: 'max_equity_share', label: 'Largest order, of equity', unit: '%' },
  { field: 'largest_position', label: 'Largest position', unit: 'USD' },
  { field: 'positions', label: 'Open positions' },
  { field: 'max_daily_loss', label: 'Stop for the day at a loss of', unit: '%' },
  { field: 'max_drawdown', label: 'Stop below the best by', unit: '%' },
  { field: 'price_collar', label: 'Limit price beyond the market', unit: '%' },
];

interface Props {
  own: RiskLimits;
  /** The settings that stand now. */
  version: string;
  busy: boolean;
  /** What was refused, in words. */
  error: string | null;
  onSave: (limits: RiskLimits) => void;
  onCancel: () => void;
}

/** Limits of one's own, each typed or left to the plan. */
export function LimitsEditor({ own, version, busy, error, onSave, onCancel }: Props) {
  /** What this began with: when something else holds by now, that is said, and counts as seen from then on. */
  const [opened] = useState(version);
  const [text, setText] = useState(() => textOf(own));
  const [tried, setTried] = useState(false);
  const { limits, problems } = limitsOf(text);
  const field = (name: LimitField) => ({
    value: text[name],
    onChange: (value: string) => setText({ ...text, [name]: value }),
    error: tried ? problems[name] : null,
    testID: `risk-field-${name}`,
  });
  return (
    <View style={{ gap: space.l }}>
      <Txt variant="small" tone="muted">
        An empty field sets no limit of your own: the plan’s holds. Of two limits the tighter always holds.
      </Txt>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.m }}>
        {FIELDS.map(({ field: name, label, unit }) => (
          <View key={name} style={{ flexGrow: 1, flexBasis: 220 }}>
            <Field label={label} unit={unit} inputMode="decimal" {...field(name)} />
          </View>
        ))}
      </View>
      <Field
        label="Only these symbols"
        placeholder="BTC-USD, ETH-USD"
        help="Separated by commas. Empty: all of them. The word none: nothing new may be opened."
        {...field('allowed_symbols')}
      />
      {version === opened ? null : (
        <Notice
          live
          tone="warning"
          text="Your limits were changed elsewhere meanwhile: what holds now stands above. Save again to put these in their place, or cancel."
          testID="risk-conflict"
        />
      )}
      {error ? <Notice live tone="negative" text={error} testID="risk-error" /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Cancel" onPress={onCancel} style={{ flexGrow: 1 }} testID="risk-cancel" />
        <Button
          label="Save limits"
          busy={busy}
          onPress={() => {
            setTried(true);
            if (limits) onSave(limits);
          }}
          style={{ flexGrow: 1 }}
          testID="risk-save"
        />
      </View>
    </View>
  );
}
