import { useRouter } from 'expo-router';

import { useServices } from '@/lib/services';
import { Button } from '@/ui/Button';
import { AccountForm } from './AccountForm';
import { Front } from './Front';

export function SignUp() {
  const router = useRouter();
  const { session } = useServices();
  return (
    <Front title="Create an account">
      <AccountForm
        title="Create an account"
        submitLabel="Create account"
        fresh
        submit={session.signUp}
        footer={<Button kind="quiet" label="Have an account? Sign in" onPress={() => router.replace('/sign-in')} />}
      />
    </Front>
  );
}
