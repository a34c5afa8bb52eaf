/** Sign-up, login and the session. */
import type { Timestamp } from './scalars';

export interface User {
  id: string;
  email: string;
  tier: string;
  created_at: Timestamp;
}

export interface Session {
  user: User;
  access_token: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
}
