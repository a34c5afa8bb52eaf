import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { useSession } from '@/session/use-session';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Icon, type IconName } from '@/ui/Icon';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { Front } from './Front';

const POINTS: readonly { icon: IconName; title: string; text: string }[] = [
  {
    icon: 'lock',
    title: 'Your keys stay sealed',
    text: 'They are encrypted on this device. Keys that may withdraw are refused.',
  },
  {
    icon: 'link',
    title: 'Your own exchange accounts',
    text: 'Money never leaves them. Every order goes out under your key.',
  },
  { icon: 'trade', title: 'You see why', text: 'Each order shows the exchanges that were compared and what decided.' },
];

export function Welcome() {
  const router = useRouter();
  const palette = usePalette();
  const session = useSession();
  const notice = session.status === 'out' ? session.notice : undefined;
  return (
    <Front title="Welcome">
      <View style={{ gap: space.s }}>
        <Txt variant="display" level={1}>
          Trade from your own accounts
        </Txt>
        <Txt tone="muted">One place to run strategies, place orders and watch positions over all your exchanges.</Txt>
      </View>
      {notice ? <Notice live tone="warning" text={notice} /> : null}
      <View style={{ gap: space.l }}>
        {POINTS.map((point) => (
          <View key={point.title} style={{ flexDirection: 'row', gap: space.m }}>
            <View style={{ paddingTop: 2 }}>
              <Icon name={point.icon} size={20} color={palette.accent} />
            </View>
            <View style={{ flex: 1 }}>
              <Txt variant="strong">{point.title}</Txt>
              <Txt variant="small" tone="muted">
                {point.text}
              </Txt>
            </View>
          </View>
        ))}
      </View>
      <View style={{ gap: space.m }}>
        <Button label="Sign in" onPress={() => router.push('/sign-in')} testID="go-sign-in" />
        <Button
          kind="secondary"
          label="Create an account"
          onPress={() => router.push('/sign-up')}
          testID="go-sign-up"
        />
      </View>
    </Front>
  );
}
