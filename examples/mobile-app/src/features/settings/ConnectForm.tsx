import { useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import type { Credential, Venue } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { guideFor } from './guides';
import { useConnect } from './use-connect';

/** Venue, key and secret. The secret leaves this device only sealed. */
export function ConnectForm({ venues }: { venues: readonly Venue[] }) {
  const router = useRouter();
  const [venueId, setVenueId] = useState(venues.find((v) => !v.connected)?.id ?? venues[0]?.id ?? '');
  const nameOf = useVenueName();
  const name = nameOf(venueId);
  const [label, setLabel] = useState('');
  const [key, setKey] = useState('');
  const [secret, setSecret] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [tried, setTried] = useState(false);
  const [stored, setStored] = useState<Credential | null>(null);
  const connect = useConnect((credential) => {
    setStored(credential);
    // Do not leave the secret lying in the form.
    setKey('');
    setSecret('');
    setPassphrase('');
  });
  const guide = guideFor(venueId);
  const complete = key.trim() !== '' && secret.trim() !== '';
  const submit = () => {
    setTried(true);
    if (!complete || connect.isPending) return;
    const pair = { key: key.trim(), secret: secret.trim(), ...(guide.passphrase && passphrase ? { passphrase } : {}) };
    connect.mutate({ venue: venueId, label: label.trim() || name, pair });
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
        <Field
          label="API key"
          mono
          value={key}
          onChange={setKey}
          autoComplete="off"
          testID="connect-key"
          error={tried && !key.trim() ? 'Paste the API key.' : null}
        />
        <Field
          label="API secret"
          mono
          secureTextEntry
          value={secret}
          onChange={setSecret}
          autoComplete="off"
          testID="connect-secret"
          error={tried && !secret.trim() ? 'Paste the API secret.' : null}
          onSubmitEditing={submit}
        />
        {guide.passphrase ? (
          <Field
            label="Passphrase"
            mono
            secureTextEntry
            value={passphrase}
            onChange={setPassphrase}
            autoComplete="off"
            testID="connect-passphrase"
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
