import type { ReactNode } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

interface CardProps {
  title: string;
  /** Why it did not go through. */
  error: Error | null;
  children: ReactNode;
}

/** A form before sign-in, with what went wrong at its top. */
export function FrontCard({ title, error, children }: CardProps) {
  return (
    <Card>
      <View style={{ gap: space.l }}>
        <Txt variant="title" level={1}>
          {title}
        </Txt>
        {error ? <Notice live tone="negative" text={messageOf(error)} testID="form-error" /> : null}
        {children}
      </View>
    </Card>
  );
}

interface InputProps {
  value: string;
  onChange: (value: string) => void;
  error: string | null;
  onSubmit: () => void;
}

export function EmailField({ value, onChange, error, onSubmit }: InputProps) {
  return (
    <Field
      label="Email"
      value={value}
      onChange={onChange}
      inputMode="email"
      autoComplete="email"
      testID="email"
      error={error}
      onSubmitEditing={onSubmit}
    />
  );
}

/** `fresh` is a new password, which is held to the rules for passwords. */
export function PasswordField({
  value,
  onChange,
  error,
  onSubmit,
  label,
  fresh,
}: InputProps & { label: string; fresh: boolean }) {
  return (
    <Field
      label={label}
      value={value}
      onChange={onChange}
      secureTextEntry
      autoComplete={fresh ? 'new-password' : 'current-password'}
      help={fresh ? 'At least 12 characters. A few unrelated words are good.' : undefined}
      testID="password"
      error={error}
      onSubmitEditing={onSubmit}
    />
  );
}
