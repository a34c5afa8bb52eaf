import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { codeOf, messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { ChangeRoutingSettings, RoutingSettings } from '@/api/types';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Choice } from '@/ui/Choice';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { FACTORS, sumOf, textOf, weightsOf, type WeightText } from './weights';
import { POLICY_NAMES, policyName, policyText, weightName } from './words';

/** Stands for what the platform does, whatever that is. */
const PLATFORM = 'platform';

/** The policy and its weights, chosen anew. */
export function RoutingEditor({ settings, onDone }: { settings: RoutingSettings; onDone: () => void }) {
  const { api, cache } = useServices();
  /** What this began with: when something else holds by now, that is said, and counts as seen from then on. */
  const [opened] = useState(settings.version);
  const [policy, setPolicy] = useState(settings.policy ?? PLATFORM);
  const [own, setOwn] = useState(settings.weights !== undefined);
  const [text, setText] = useState<WeightText>(() => textOf(settings.effective_weights));
  const [tried, setTried] = useState(false);
  const read = weightsOf(text);
  const save = useMutation({
    mutationFn: (change: ChangeRoutingSettings) => api.changeRoutingSettings(settings.version, change),
    onSuccess: (changed) => {
      cache.setQueryData(keys.routing, changed);
      onDone();
    },
    onError: (error) => {
      if (codeOf(error) === 'settings_changed') void cache.invalidateQueries({ queryKey: keys.routing });
    },
  });
  // What the platform goes by is not known while one's own choice holds, so the weights may count.
  const scored = policy !== 'expected_cost';
  const conflict = settings.version !== opened;
  const sum = sumOf(text);
  return (
    <View style={{ gap: space.l }}>
      <Choice
        label="How the exchange is chosen"
        options={[
          { value: PLATFORM, label: 'As the platform does' },
          ...POLICY_NAMES.map((value) => ({ value, label: policyName(value) })),
        ]}
        value={policy}
        onChange={setPolicy}
        testID="routing-choice"
      />
      <Txt variant="small" tone="muted">
        {policy === PLATFORM ? 'Your orders follow the platform, also when it changes its mind.' : policyText(policy)}
      </Txt>
      {scored ? (
        <Choice
          label="Weights of the score"
          options={[
            { value: PLATFORM, label: 'The platform’s' },
            { value: 'own', label: 'My own' },
          ]}
          value={own ? 'own' : PLATFORM}
          onChange={(value) => setOwn(value === 'own')}
          testID="routing-weights"
        />
      ) : null}
      {scored && own ? (
        <View style={{ gap: space.m }}>
          <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.m }}>
            {FACTORS.map((factor) => (
              <View key={factor} style={{ flexGrow: 1, flexBasis: 130 }}>
                <Field
                  label={weightName(factor)}
                  unit="%"
                  inputMode="decimal"
                  value={text[factor]}
                  onChange={(value) => setText({ ...text, [factor]: value })}
                  error={tried ? read.problems[factor] : null}
                  testID={`routing-field-${factor}`}
                />
              </View>
            ))}
          </View>
          {tried && read.all ? (
            <Notice live tone="negative" text={read.all} testID="routing-problem" />
          ) : (
            <Txt variant="small" tone="muted" tabular>
              {sum === null ? 'Together they must be 100 %.' : `Together ${sum} % of 100 %.`}
            </Txt>
          )}
        </View>
      ) : null}
      {conflict ? (
        <Notice
          live
          tone="warning"
          text={
            `These settings were changed elsewhere meanwhile: ${standing(settings)} holds now. ` +
            'Save again to put yours in its place, or cancel.'
          }
          testID="routing-conflict"
        />
      ) : null}
      {save.isError && !(conflict && codeOf(save.error) === 'settings_changed') ? (
        <Notice live tone="negative" text={messageOf(save.error)} testID="routing-error" />
      ) : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Cancel" onPress={onDone} style={{ flexGrow: 1 }} testID="routing-cancel" />
        <Button
          label="Save routing"
          busy={save.isPending}
          onPress={() => {
            setTried(true);
            if (own && scored && !read.weights) return;
            save.mutate({
              ...(policy === PLATFORM ? {} : { policy }),
              ...(own && read.weights ? { weights: read.weights } : {}),
            });
          }}
          style={{ flexGrow: 1 }}
          testID="routing-save"
        />
      </View>
    </View>
  );
}

/** `lowest expected cost, as you chose`. */
function standing(settings: RoutingSettings): string {
  const name = policyName(settings.effective_policy).toLowerCase();
  const weights = settings.weights === undefined ? '' : ' with weights of your own';
  return `${name}${weights}${settings.policy === undefined ? ', as the platform does,' : ''}`;
}
