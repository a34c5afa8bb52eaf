import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { codeOf, messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import { usePolicy } from '@/api/queries';
import type { OrderPolicy } from '@/api/types';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Field } from '@/ui/Field';
import { Failure, Notice, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { policyOf, textOf, type PolicyText } from './policy-text';

/** What the signer lets pass, whatever the rest of the platform asks for. */
export function LimitsCard() {
  const policy = usePolicy();
  const [editing, setEditing] = useState(false);
  const now = policy.data?.policy;
  return (
    <Card title="Signer’s limits" testID="limits">
      {policy.isPending ? <Skeleton rows={2} /> : null}
      {policy.isError && !policy.data ? <Failure error={policy.error} onRetry={() => void policy.refetch()} /> : null}
      {policy.data ? (
        <View style={{ gap: space.l }}>
          <Txt variant="small" tone="muted">
            The signer holds every order against these before it signs, even against someone who took over the rest of
            the platform. Only these pairs are traded. What a buy may cost and pay is limited; a sell is not, so that
            you can always get out of what you hold.
          </Txt>
          {editing ? (
            <Editor before={now} version={policy.data.version} onDone={() => setEditing(false)} />
          ) : (
            <Shown policy={now} />
          )}
          {editing ? null : (
            <Button
              kind="secondary"
              label={now ? 'Change limits' : 'Set limits'}
              onPress={() => setEditing(true)}
              style={{ alignSelf: 'flex-start' }}
              testID="limits-edit"
            />
          )}
        </View>
      ) : null}
    </Card>
  );
}

function Shown({ policy }: { policy: OrderPolicy | undefined }) {
  if (!policy)
    return <Notice tone="accent" text="No limits are set: the signer signs any order." testID="limits-none" />;
  return (
    <Facts>
      <Fact
        label="Pairs"
        value={
          policy.pairs.map(({ symbol, low, high }) => (low ? `${symbol} at ${low} to ${high}` : symbol)).join(', ') ||
          'none'
        }
        testID="limits-pairs"
      />
      <Fact label="One buy" value={policy.max_order ? `at most ${policy.max_order}` : 'any'} testID="limits-order" />
      <Fact label="Buys in an hour" value={policy.max_buys_per_hour ? `at most ${policy.max_buys_per_hour}` : 'any'} />
    </Facts>
  );
}

interface EditorProps {
  before: OrderPolicy | undefined;
  /** Of what is shown: a change that crosses another is refused. */
  version: string;
  onDone: () => void;
}

function Editor({ before, version, onDone }: EditorProps) {
  const { api, cache } = useServices();
  const [text, setText] = useState<PolicyText>(() => textOf(before));
  const [password, setPassword] = useState('');
  const read = policyOf(text);
  const save = useMutation({
    mutationFn: (policy: OrderPolicy | undefined) => api.setPolicy(version, policy, password || undefined),
    gcTime: 0,
    // What holds now is read, so that the same change can be sent again on top of it.
    onError: (error) => {
      if (codeOf(error) === 'settings_changed') void cache.invalidateQueries({ queryKey: keys.policy });
    },
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: keys.policy });
      onDone();
    },
  });
  const change = (field: keyof PolicyText) => (value: string) => setText({ ...text, [field]: value });
  const confirm = codeOf(save.error) === 'confirmation_needed';
  return (
    <View style={{ gap: space.l }}>
      <Field
        label="Pairs that may be traded"
        help="Separated by commas. With prices that a buy may pay: BTC-USD 20000-200000. A pair that is not here can be neither bought nor sold: name deep markets, and every pair that you hold."
        error={text.pairs || text.order || text.hour ? read.error : null}
        value={text.pairs}
        onChange={change('pairs')}
        placeholder="BTC-USD 20000-200000, ETH-USD"
        testID="limits-field-pairs"
      />
      <Field
        label="Most that one buy may cost"
        help="Empty: any. Sells never count, so that an exit always goes through."
        inputMode="decimal"
        value={text.order}
        onChange={change('order')}
        testID="limits-field-order"
      />
      <Field
        label="Most that all buys in an hour may cost"
        help="Empty: any. Sells never count, so that an exit always goes through."
        inputMode="decimal"
        value={text.hour}
        onChange={change('hour')}
        testID="limits-field-hour"
      />
      {confirm ? (
        <Field
          label="Your password, because this allows more than before or shuts in what you hold"
          secureTextEntry
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          testID="limits-password"
        />
      ) : null}
      {save.isError ? <Notice live tone="negative" text={messageOf(save.error)} testID="limits-error" /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Cancel" onPress={onDone} style={{ flexGrow: 1 }} />
        {before ? (
          <Button
            kind="secondary"
            label="Remove limits"
            disabled={save.isPending}
            onPress={() => save.mutate(undefined)}
            style={{ flexGrow: 1 }}
            testID="limits-remove"
          />
        ) : null}
        <Button
          label="Save limits"
          disabled={!read.policy}
          busy={save.isPending}
          onPress={() => save.mutate(read.policy)}
          style={{ flexGrow: 1 }}
          testID="limits-save"
        />
      </View>
    </View>
  );
}
