import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import { useRotations } from '@/api/queries';
import type { Credential, KeyRotation } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { guideFor } from '@/features/settings/guides';
import { useServices } from '@/lib/services';
import { loadSealing } from '@/seal/load';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { isWhole, KeyPairFields, NO_PAIR, pairOf } from './KeyPairFields';

type Step = 'switch' | 'retire' | 'rollback';

/** Replaces a key step by step: verify the new one beside the old one, switch, retire the old one; back from each. */
export function RotationCard({ credential }: { credential: Credential }) {
  const { api, cache } = useServices();
  const rotations = useRotations();
  const nameOf = useVenueName();
  const rotation = rotations.data?.find((it) => it.venue === credential.venue && it.credential === credential.id);
  const step = useMutation({
    mutationFn: (to: Step) => api.stepRotation(credential.venue, to),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.credentials }),
  });
  const name = nameOf(credential.venue);
  return (
    <Card title="Replace this key" testID="key-rotation">
      <View style={{ gap: space.l }}>
        {rotation ? <Progress rotation={rotation} name={name} /> : null}
        {step.isError ? <Notice live tone="negative" text={messageOf(step.error)} testID="rotation-error" /> : null}
        {rotation?.step === 'verified' ? (
          <Steps
            next={{ label: 'Switch to the new key', to: 'switch' }}
            back="Keep the old key"
            busy={step.isPending}
            onStep={step.mutate}
          />
        ) : null}
        {rotation?.step === 'switched' ? (
          <Steps
            next={{ label: 'Retire the old key', to: 'retire' }}
            back="Go back to the old key"
            busy={step.isPending}
            onStep={step.mutate}
          />
        ) : null}
        {rotation?.step === 'verified' || rotation?.step === 'switched' ? null : (
          <NewKey credential={credential} name={name} />
        )}
      </View>
    </Card>
  );
}

/** What holds now, and what comes next. */
function Progress({ rotation, name }: { rotation: KeyRotation; name: string }) {
  const seen = rotation.orders_seen === 1 ? 'one resting order' : `${rotation.orders_seen} resting orders`;
  const words: Readonly<Record<string, { tone: 'accent' | 'positive' | 'warning'; text: string }>> = {
    verified: {
      tone: 'accent',
      text: `The new key passed its checks at ${name}${rotation.orders_seen ? ` and sees your ${seen}` : ''}. The old key is still in use.`,
    },
    switched: {
      tone: 'accent',
      text: 'The new key is in use. Your orders rest at the exchange as before. Retire the old key once all is well.',
    },
    retired: {
      tone: 'positive',
      text: `The old key was proven idle and is destroyed here. Delete it at ${name} as well.`,
    },
    rolled_back: { tone: 'warning', text: 'The old key is in use again.' },
    cancelled: { tone: 'accent', text: 'The old key stayed in use; the new one was forgotten.' },
  };
  const said = words[rotation.step] ?? { tone: 'accent' as const, text: 'The switch is under way.' };
  return (
    <View style={{ gap: space.s }}>
      <Notice live {...said} testID={`rotation-${rotation.step}`} />
      {rotation.problem ? <Notice tone="warning" text={rotation.problem} /> : null}
    </View>
  );
}

function Steps({
  next,
  back,
  busy,
  onStep,
}: {
  next: { label: string; to: Step };
  back: string;
  busy: boolean;
  onStep: (step: Step) => void;
}) {
  return (
    <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
      <Button
        kind="secondary"
        label={back}
        disabled={busy}
        onPress={() => onStep('rollback')}
        style={{ flexGrow: 1 }}
        testID="rotation-back"
      />
      <Button
        label={next.label}
        busy={busy}
        onPress={() => onStep(next.to)}
        style={{ flexGrow: 1 }}
        testID={`rotation-${next.to}`}
      />
    </View>
  );
}

/** The new key pair; it leaves this device only sealed. */
function NewKey({ credential, name }: { credential: Credential; name: string }) {
  const { api, cache } = useServices();
  const guide = guideFor(credential.venue);
  const [typed, setTyped] = useState(NO_PAIR);
  const begin = useMutation({
    mutationFn: async () => {
      const [sealing, me] = await Promise.all([loadSealing(), api.me()]);
      const pair = pairOf(typed, guide);
      const { venue, label } = credential;
      return sealing.withTrustedKey(api, async (to) =>
        api.beginRotation(await sealing.seal({ userId: me.id, venue, label, pair, to })),
      );
    },
    gcTime: 0,
    onSuccess: async () => {
      setTyped(NO_PAIR);
      begin.reset();
      await cache.invalidateQueries({ queryKey: keys.credentials });
    },
  });
  return (
    <View style={{ gap: space.l }}>
      <Txt variant="small" tone="muted">
        {`Make a second key for the same account at ${name}. The old one stays in use until the new one is proven to work.`}
      </Txt>
      <KeyPairFields value={typed} onChange={setTyped} guide={guide} fresh testID="rotation" />
      {begin.isError ? <Notice live tone="negative" text={messageOf(begin.error)} testID="rotation-error" /> : null}
      <Button
        icon="lock"
        label="Seal and verify"
        disabled={!isWhole(typed)}
        busy={begin.isPending}
        onPress={() => begin.mutate()}
        testID="rotation-begin"
      />
    </View>
  );
}
