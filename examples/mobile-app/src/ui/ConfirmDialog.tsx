import { useState, type ReactNode } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { space } from '@/theme/tokens';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Field } from './Field';
import { Notice } from './states';
import { Txt } from './Txt';

interface Props {
  title: string;
  /** What happens, and what cannot be undone. */
  text: string;
  /** What is to be chosen as well. */
  children?: ReactNode;
  /** The button that does it, and the one that does not. */
  label: string;
  away: string;
  danger?: boolean;
  busy: boolean;
  error: unknown;
  /** The account's password is asked for; empty otherwise. */
  withPassword?: boolean;
  onConfirm: (password: string) => void;
  onClose: () => void;
  /** Before `-dialog`, `-password`, `-error`, `-cancel` and `-confirm`. */
  testID: string;
}

/** Asks before something is done. */
export function ConfirmDialog(props: Props) {
  const { title, text, children, label, away, danger, busy, error, withPassword, onConfirm, onClose, testID } = props;
  const [password, setPassword] = useState('');
  return (
    <Dialog title={title} onClose={onClose} testID={`${testID}-dialog`}>
      <Txt tone="muted">{text}</Txt>
      {children}
      {withPassword ? (
        <Field
          label="Your password"
          value={password}
          onChange={setPassword}
          secureTextEntry
          autoComplete="current-password"
          testID={`${testID}-password`}
        />
      ) : null}
      {error ? <Notice live tone="negative" text={messageOf(error)} testID={`${testID}-error`} /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label={away} onPress={onClose} style={{ flexGrow: 1 }} testID={`${testID}-cancel`} />
        <Button
          kind={danger ? 'danger' : 'primary'}
          label={label}
          busy={busy}
          disabled={withPassword === true && password === ''}
          onPress={() => onConfirm(password)}
          style={{ flexGrow: 1 }}
          testID={`${testID}-confirm`}
        />
      </View>
    </Dialog>
  );
}
