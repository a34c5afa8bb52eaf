import { useMutation } from '@tanstack/react-query';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { loadProving } from '@/audit/load';
import type { Claim, Proven } from '@/audit/prove';
import { dateTime } from '@/format/time';
import { useServices } from '@/lib/services';
import { useSession } from '@/session/use-session';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** Checks on this device that a line stands in the log that the vault signed. */
export function ProofCheck({ claim }: { claim: Claim }) {
  const { api } = useServices();
  const state = useSession();
  const check = useMutation({
    mutationFn: async (userId: string) => (await loadProving()).prove(api, userId, claim),
  });
  if (state.status !== 'in') return null;
  if (check.data) return <ProvenBy claim={claim} proven={check.data} />;
  return (
    <View style={{ gap: space.m }}>
      {check.isError ? <Notice live tone="negative" text={messageOf(check.error)} testID="proof-error" /> : null}
      <Button
        kind="secondary"
        icon="shield"
        label={check.isError ? 'Check again' : 'Check the proof'}
        busy={check.isPending}
        onPress={() => check.mutate(state.user.id)}
        style={{ alignSelf: 'flex-start' }}
        testID="proof-check"
      />
    </View>
  );
}

function ProvenBy({ claim, proven: { checkpoint, pin, isNewPin } }: { claim: Claim; proven: Proven }) {
  const signed = dateTime(new Date(checkpoint.at_micros / 1000).toISOString());
  return (
    <View style={{ gap: space.s }}>
      <Notice
        live
        tone="positive"
        text={`This line is entry ${claim.seq} of the vault’s log. This device computed that itself, from the line to the root that the vault signed.`}
        testID="proof-holds"
      />
      <Facts>
        <Fact label="Signed" value={`${signed}, over ${checkpoint.entries} entries`} />
        <Fact label="Root" value={checkpoint.root} testID="proof-root" />
        <Fact label="The vault’s key" value={pin} testID="proof-pin" />
      </Facts>
      {isNewPin ? (
        <Txt variant="small" tone="muted" testID="proof-new-pin">
          This device met this vault for the first time just now and keeps its key. Compare it once with the one that
          the operator publishes.
        </Txt>
      ) : null}
    </View>
  );
}
