import { useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import type { Credential, Venue } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { isWhole, KeyPairFields, NO_PAIR, pairOf } from '@/features/keys/KeyPairFields';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { AWAY, custodyWords, leavesAlone } from './custody';
import { guideFor } from './guides';
import { LEAST_PASSPHRASE, useConnect } from './use-connect';

const MODES = [
  { value: 'delegated', label: 'Always on' },
  { value: 'session', label: 'Unlocked by me' },
] as const;

/** Venue, key and secret. The secret leaves this device only sealed. */
export function ConnectForm({ venues }: { venues: readonly Venue[] }) {
  const router = useRouter();
  const [venueId, setVenueId] = useState(venues.find((v) => !v.connected)?.id ?? venues[0]?.id ?? '');
  const nameOf = useVenueName();
  const name = nameOf(venueId);
  const [label, setLabel] = useState('');
  const [pair, setPair] = useState(NO_PAIR);
  const [tried, setTried] = useState(false);
  const [stored, setStored] = useState<Credential | null>(null);
  const connect = useConnect((credential) => {
    setStored(credential);
    // Do not leave the secret lying in the form.
    setPair(NO_PAIR);
    setLock('');
  });
  const [custody, setCustody] = useState('delegated');
  const [lock, setLock] = useState('');
  const guide = guideFor(venueId);
  const longEnough = custody !== 'session' || lock.length >= LEAST_PASSPHRASE;
  const complete = isWhole(pair) && longEnough;
  const submit = () => {
    setTried(true);
    if (!complete || connect.isPending) return;
    connect.mutate({
      venue: venueId,
      label: label.trim() || name,
      pair: pairOf(pair, guide),
      ...(custody === 'session' ? { lock } : {}),
    });
  };
  if (stored) {
    return (
      <Card testID="connected">
        <View style={{ gap: space.l }}>
          <Notice live tone="positive" text={`${stored.label} is connected. Orders can go there now.`} />
          <Button label="Back to settings" onPress={() => router.navigate('/settings')} testID="connect-done" />
        </View>
      </Card>
    );
  }
  return (
    <Card>
      <View style={{ gap: space.l }}>
        <Choice
          label="Exchange"
          options={venues.map((v) => ({ value: v.id, label: nameOf(v.id) }))}
          value={venueId}
          onChange={setVenueId}
          testID="connect-venue"
        />
        <View style={{ gap: space.s }}>
          <Txt variant="strong" level={2}>{`Make a key at ${name}`}</Txt>
          {guide.steps.map((step, i) => (
            <Txt key={step} variant="small" tone="muted">{`${i + 1}. ${step}`}</Txt>
          ))}
        </View>
        <Field
          label="Name for this connection"
          value={label}
          onChange={setLabel}
          placeholder={name}
          maxLength={60}
          testID="connect-label"
        />
        <KeyPairFields value={pair} onChange={setPair} guide={guide} tried={tried} onSubmit={submit} testID="connect" />
        <Choice
          label="Who may use this key"
          options={MODES}
          value={custody}
          onChange={setCustody}
          testID="connect-custody"
        />
        <Txt variant="small" tone="muted">
          {custodyWords(custody)}
        </Txt>
        {leavesAlone(custody) ? <Notice tone="warning" text={AWAY} testID="connect-away" /> : null}
        {custody === 'session' ? (
          <Field
            label="Passphrase that unlocks this key"
            help="It stays on this device. Nobody can recover it: who forgets it connects a new key."
            secureTextEntry
            value={lock}
            onChange={setLock}
            autoComplete="off"
            testID="connect-lock"
            error={tried && !longEnough ? `At least ${LEAST_PASSPHRASE} characters.` : null}
          />
        ) : null}
        <Notice
          tone="accent"
          text="Key and secret are encrypted on this device for the signer alone. They are never shown again, to anyone."
        />
        {connect.isError ? (
          <Notice live tone="negative" text={messageOf(connect.error)} testID="connect-error" />
        ) : null}
        <Button
          icon="lock"
          label="Seal and connect"
          busy={connect.isPending}
          onPress={submit}
          testID="connect-submit"
        />
      </View>
    </Card>
  );
}
