import type { Guide } from '@/features/settings/guides';
import { Field } from '@/ui/Field';

/** A key pair as it is typed in. */
export interface KeyPairText {
  key: string;
  secret: string;
  passphrase: string;
}

export const NO_PAIR: KeyPairText = { key: '', secret: '', passphrase: '' };

/** What is sealed of it; the passphrase only where the exchange has one. */
export const pairOf = ({ key, secret, passphrase }: KeyPairText, guide: Guide) => ({
  key: key.trim(),
  secret: secret.trim(),
  ...(guide.passphrase && passphrase ? { passphrase } : {}),
});

export const isWhole = ({ key, secret }: KeyPairText): boolean => key.trim() !== '' && secret.trim() !== '';

interface Props {
  value: KeyPairText;
  onChange: (value: KeyPairText) => void;
  guide: Guide;
  /** `New ` before the names of the fields. */
  fresh?: boolean;
  /** Says what is missing. */
  tried?: boolean;
  onSubmit?: () => void;
  /** Before `-key`, `-secret` and `-passphrase`. */
  testID: string;
}

/** The fields of an exchange's key pair. */
export function KeyPairFields({ value, onChange, guide, fresh, tried, onSubmit, testID }: Props) {
  const change = (field: keyof KeyPairText) => (text: string) => onChange({ ...value, [field]: text });
  const missing = (field: 'key' | 'secret', words: string) => (tried && !value[field].trim() ? words : null);
  return (
    <>
      <Field
        label={fresh ? 'New API key' : 'API key'}
        mono
        value={value.key}
        onChange={change('key')}
        autoComplete="off"
        testID={`${testID}-key`}
        error={missing('key', 'Paste the API key.')}
      />
      <Field
        label={fresh ? 'New API secret' : 'API secret'}
        mono
        secureTextEntry
        value={value.secret}
        onChange={change('secret')}
        autoComplete="off"
        testID={`${testID}-secret`}
        error={missing('secret', 'Paste the API secret.')}
        onSubmitEditing={onSubmit}
      />
      {guide.passphrase ? (
        <Field
          label="Passphrase"
          mono
          secureTextEntry
          value={value.passphrase}
          onChange={change('passphrase')}
          autoComplete="off"
          testID={`${testID}-passphrase`}
        />
      ) : null}
    </>
  );
}
