import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { NewProtection, Position, Protection } from '@/api/types';
import { assets, price } from '@/format/money';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Field } from '@/ui/Field';
import { Segmented } from '@/ui/Segmented';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { planOf, textOf, type PlanText, type ProfitText, type Problems, type Trail } from './plan';

interface Props {
  position: Position;
  before: Protection | undefined;
  onDone: () => void;
}

const TRAILS = [
  { value: 'none', label: 'Off' },
  { value: 'share', label: 'Per cent' },
  { value: 'distance', label: 'Amount' },
] as const satisfies readonly { value: Trail; label: string }[];

/** The stop, the trailing stop and the take-profits, typed anew. */
export function ProtectionEditor({ position, before, onDone }: Props) {
  const { api, cache } = useServices();
  const { quote } = assets(position.symbol);
  const [text, setText] = useState<PlanText>(() => textOf(before));
  const [tried, setTried] = useState(false);
  const { plan, problems } = planOf(text, position);
  const shown: Problems = tried ? problems : { profits: [] };
  const save = useMutation({
    mutationFn: (wanted: NewProtection) => api.protect(position.id, wanted),
    onSuccess: (protection) => {
      cache.setQueryData<Protection[]>(keys.protections, (all = []) => [
        ...all.filter((one) => one.position_id !== protection.position_id),
        protection,
      ]);
      onDone();
      // Whether it rests is known a moment later.
      void cache.invalidateQueries({ queryKey: keys.protections });
    },
  });
  const change = (part: Partial<PlanText>) => {
    setText({ ...text, ...part });
    save.reset();
  };
  const profit = (at: number, part: Partial<ProfitText>) =>
    change({ profits: text.profits.map((one, i) => (i === at ? { ...one, ...part } : one)) });
  return (
    <View style={{ gap: space.l }}>
      <Txt variant="small" tone="muted">
        {`Entry ${price(position.entry_price, quote)}, price now ${price(position.current_price, quote)}. ` +
          'What you save stands in place of what guards the position now.'}
      </Txt>
      <Field
        label="Stop"
        unit={quote}
        inputMode="decimal"
        value={text.stop}
        onChange={(stop) => change({ stop })}
        help="Closes the position when the price is here or worse. Empty: no fixed stop."
        error={shown.stop}
        testID="protection-field-stop"
      />
      <View style={{ gap: space.s }}>
        <Txt variant="label" tone="muted" aria-hidden>
          Trailing stop
        </Txt>
        <Segmented
          label="Trailing stop"
          options={TRAILS}
          value={text.trail}
          onChange={(trail) => change({ trail, trailBy: trail === text.trail ? text.trailBy : '' })}
          testID="protection-trail"
        />
        {text.trail === 'none' ? null : (
          <Field
            label="Distance behind the best price"
            unit={text.trail === 'share' ? '%' : quote}
            inputMode="decimal"
            value={text.trailBy}
            onChange={(trailBy) => change({ trailBy })}
            help="It follows a better price and never goes back."
            error={shown.trailBy}
            testID="protection-field-trail"
          />
        )}
      </View>
      <View style={{ gap: space.m }}>
        {text.profits.map((one, i) => (
          <View key={i} style={{ flexDirection: 'row', gap: space.m, alignItems: 'flex-start' }}>
            <View style={{ flex: 3, minWidth: 0 }}>
              <Field
                label={`TP${i + 1} price`}
                unit={quote}
                inputMode="decimal"
                value={one.price}
                onChange={(value) => profit(i, { price: value })}
                error={shown.profits[i]?.price}
                testID={`protection-field-tp${i + 1}`}
              />
            </View>
            <View style={{ flex: 2, minWidth: 0 }}>
              <Field
                label={`TP${i + 1} closes`}
                unit="%"
                inputMode="decimal"
                value={one.share}
                onChange={(value) => profit(i, { share: value })}
                error={shown.profits[i]?.share}
                testID={`protection-field-share${i + 1}`}
              />
            </View>
          </View>
        ))}
        <Txt variant="small" tone="muted">
          Each closes its part of the position at its price, the nearest first; 100 % together at most.
        </Txt>
      </View>
      {shown.all ? <Notice live tone="negative" text={shown.all} testID="protection-problem" /> : null}
      {save.isError ? <Notice live tone="negative" text={messageOf(save.error)} testID="protection-error" /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Cancel" onPress={onDone} style={{ flexGrow: 1 }} testID="protection-cancel" />
        <Button
          label="Save protection"
          busy={save.isPending}
          onPress={() => {
            setTried(true);
            if (plan) save.mutate(plan);
          }}
          style={{ flexGrow: 1 }}
          testID="protection-save"
        />
      </View>
    </View>
  );
}
