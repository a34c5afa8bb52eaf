/** Why a proof proves nothing. The line must not be believed then. */
export class ProofError extends Error {
  constructor(readonly reason: 'malformed' | 'not_signed' | 'not_included' | 'other_line') {
    super(
      {
        malformed: 'This app cannot read the proof of this server. Reload the page or update the app.',
        not_signed:
          'The vault that this device knows did not sign this. Do not rely on this line, and ask the operator what happened.',
        not_included:
          'This line does not lead to what the vault signed: it was changed, moved or made up. Ask the operator what happened.',
        other_line:
          'The vault’s log says something else at this place than the line that is shown here. Ask the operator what happened.',
      }[reason],
    );
    this.name = 'ProofError';
  }
}
