/** What can be said about an address or password before the server is asked. */
export function emailError(email: string): string | null {
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? null : 'Enter an email address, such as name@example.com.';
}

export function passwordError(password: string): string | null {
  // Counted in characters as people see them, not in UTF-16 units.
  const length = Array.from(password).length;
  return length >= 12 ? null : `Use at least 12 characters; this has ${length}.`;
}
