import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Credential, Locked } from '@/api/types';
import { shortDateTime } from '@/format/time';
import { useServices } from '@/lib/services';
import { useNow } from '@/lib/use-now';
import { loadSealing } from '@/seal/load';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';

export const LASTS = [
  { value: '3600', label: '1 hour' },
  { value: '28800', label: '8 hours' },
  { value: '86400', label: '24 hours' },
] as const;

/** Unlocks a key for a while, or locks it now. */
export function SessionCard({ credential: { venue, health } }: { credential: Credential }) {
  const { api, cache } = useServices();
  const now = useNow();
  const [passphrase, setPassphrase] = useState('');
  const [seconds, setSeconds] = useState('28800');
  const changed = () =>
    Promise.all(
      [keys.credentials, keys.venues, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey })),
    );
  const unlock = useMutation({
    mutationFn: async () => {
      const [sealing, me, derivation] = await Promise.all([loadSealing(), api.me(), api.keyDerivation(venue)]);
      const key = await sealing.derive(passphrase, derivation);
      try {
        return await sealing.withTrustedKey(api, async (to) =>
          api.unlock(venue, {
            unlock: await sealing.sealUnlock(key, { userId: me.id, venue, to }),
            seconds: Number(seconds),
          }),
        );
      } finally {
        key.bytes.fill(0);
      }
    },
    gcTime: 0,
    onSuccess: async () => {
      setPassphrase('');
      unlock.reset();
      lock.reset();
      await changed();
    },
  });
  const lock = useMutation({ mutationFn: () => api.lock(venue), onSuccess: changed });
  const until = health?.unlocked_until;
  return (
    <Card title={until ? 'Unlocked' : 'Locked'} testID="key-session">
      <View style={{ gap: space.l }}>
        {until ? (
          <Notice
            tone="positive"
            text={`The signer may use this key until ${shortDateTime(until, now)}.`}
            testID="key-unlocked"
          />
        ) : (
          <Notice
            tone="accent"
            text="Nobody can use this key. Your passphrase unlocks it for a while; it stays on this device."
            testID="key-locked"
          />
        )}
        {until ? (
          <Button
            kind="secondary"
            label="Lock now"
            busy={lock.isPending}
            onPress={() => lock.mutate()}
            testID="key-lock"
          />
        ) : (
          <>
            <Field
              label="Passphrase of this key"
              secureTextEntry
              value={passphrase}
              onChange={setPassphrase}
              autoComplete="off"
              testID="unlock-passphrase"
            />
            <Choice label="For" options={LASTS} value={seconds} onChange={setSeconds} testID="unlock-seconds" />
            <Button
              icon="lock"
              label={unlock.isPending ? 'Deriving the key…' : 'Unlock'}
              disabled={passphrase === ''}
              busy={unlock.isPending}
              onPress={() => unlock.mutate()}
              testID="unlock"
            />
          </>
        )}
        {unlock.isError ? <Notice live tone="negative" text={messageOf(unlock.error)} testID="unlock-error" /> : null}
        {lock.data ? <Left locked={lock.data} /> : null}
        {lock.isError ? <Notice live tone="negative" text={messageOf(lock.error)} /> : null}
      </View>
    </Card>
  );
}

/** What is at the exchange now that nobody can use the key. */
function Left({ locked: { resting, entries, unguarded } }: { locked: Locked }) {
  const bad = [
    unguarded.length ? `${count(unguarded.length, 'position has', 'positions have')} no stop at the exchange` : '',
    entries.length ? `${count(entries.length, 'entry', 'entries')} could not be cancelled and may still fill` : '',
  ].filter(Boolean);
  if (bad.length)
    return (
      <Notice
        live
        tone="negative"
        text={`${bad.join('; ')}. Nobody can act on it until you unlock the key again.`}
        testID="lock-left"
      />
    );
  const stays = resting.length
    ? `${count(resting.length, 'exit rests', 'exits rest')} at the exchange and ${resting.length === 1 ? 'stays' : 'stay'} there until you unlock the key again.`
    : 'Nothing is left at the exchange that could trade.';
  return <Notice live tone="accent" text={stays} testID="lock-left" />;
}

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
