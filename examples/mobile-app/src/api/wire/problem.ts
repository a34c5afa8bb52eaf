/** Errors, as RFC 9457 problem details. */
import type { Order } from './orders';

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  order?: Order;
  /** Seconds. */
  retry_after?: number;
}
