import { fault } from '../fault.js';

export const ackLost = fault({
  type: 'ack_lost',
  class: 'legal',
  summary:
    'The request arrives whole and is answered, and the answer is thrown away: the delivery is tried again.',
  wire: 'Nothing unusual, and later a retry of what was answered already.',
  params: {},
  losesAnswer: true,
});
