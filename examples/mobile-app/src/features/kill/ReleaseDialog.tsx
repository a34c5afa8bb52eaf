import { ConfirmDialog } from '@/ui/ConfirmDialog';

interface Props {
  /** Whose strategies go on, and what does not come back. */
  text: string;
  busy: boolean;
  error: Error | null;
  onConfirm: (password: string) => void;
  onClose: () => void;
  testID: string;
}

/** Asks for the password before a kill switch is taken off. */
export function ReleaseDialog(props: Props) {
  return <ConfirmDialog title="Let trading go on?" label="Let it go on" away="Not now" withPassword {...props} />;
}
