import { View } from 'react-native';

import { round, sign } from '@/format/decimal';
import { signedMoney, signedPercent } from '@/format/money';
import { type TypeName } from '@/theme/tokens';
import { Txt } from './Txt';

interface Props {
  value: string | undefined;
  percent?: string;
  currency?: string;
  variant?: TypeName;
  /** What it is, for screen readers: `Unrealised profit and loss`. */
  label?: string;
  align?: 'left' | 'right';
  /** The per cent under the amount, for columns. */
  stacked?: boolean;
  testID?: string;
}

const LOOK = {
  '1': { arrow: '▲', tone: 'positive' },
  '0': { arrow: '', tone: 'muted' },
  '-1': { arrow: '▼', tone: 'negative' },
} as const;

/** A gain or loss as it is shown, to the cent: arrow, sign and colour together, so that none of them carries the meaning alone. */
export function Delta({
  value,
  percent,
  currency = 'USD',
  variant = 'body',
  label,
  align = 'left',
  stacked,
  testID,
}: Props) {
  const { arrow, tone } = LOOK[`${value === undefined ? 0 : sign(round(value, 2))}`];
  const amount = signedMoney(value, currency);
  const share = percent === undefined ? '' : `${stacked ? '\n' : ' '}(${signedPercent(percent)})`;
  return (
    <View style={{ alignItems: align === 'right' ? 'flex-end' : 'flex-start' }}>
      <Txt
        variant={variant}
        tone={tone}
        tabular
        align={align}
        testID={testID}
        aria-label={label ? `${label}: ${amount}${share}` : undefined}
        role={label ? 'img' : undefined}
      >
        {arrow ? `${arrow} ` : ''}
        {amount}
        {share}
      </Txt>
    </View>
  );
}
