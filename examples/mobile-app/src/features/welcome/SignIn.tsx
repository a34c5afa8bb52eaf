import { useRouter } from 'expo-router';

import { useServices } from '@/lib/services';
import { Button } from '@/ui/Button';
import { AccountForm } from './AccountForm';
import { Front } from './Front';

export function SignIn() {
  const router = useRouter();
  const { session } = useServices();
  return (
    <Front title="Sign in">
      <AccountForm
        title="Sign in"
        submitLabel="Sign in"
        fresh={false}
        submit={session.signIn}
        footer={
          <>
            <Button kind="quiet" label="New here? Create an account" onPress={() => router.replace('/sign-up')} />
            <Button
              kind="quiet"
              label="Password lost? I have a reset token"
              onPress={() => router.replace('/reset')}
              testID="to-reset"
            />
          </>
        }
      />
    </Front>
  );
}
