import type { ReceivedRequest, ReceiverSettings } from '../engine/receiver.js';
import { AppError } from '../errors.js';
import type { Context } from './context.js';
import type { ReceiverInput } from './schemas/tenants.js';

export interface ReceiverAnswer extends ReceiverSettings {
  url: string;
  /** Oldest first. */
  requests: ReceivedRequest[];
}

export interface ReceiverService {
  read(tenantId: string): ReceiverAnswer;
  /** What it answers from now on, and how late; what is left out stays. */
  put(tenantId: string, input: ReceiverInput): ReceiverAnswer;
}

export function receiverService({ receiver }: Pick<Context, 'receiver'>): ReceiverService {
  const open = () => {
    if (receiver) return receiver;
    throw new AppError('conflict', 'The built-in receiver is there with RINGER_EGRESS=local only.');
  };
  const read = (tenantId: string): ReceiverAnswer => ({
    url: open().urlFor(tenantId),
    ...open().settings(tenantId),
    requests: [...open().requests(tenantId)],
  });
  return {
    read,
    put(tenantId, input) {
      open().configure(tenantId, input);
      return read(tenantId);
    },
  };
}
