/** The 40 checks by the table they are written from; this folder knows nothing else about them. */
export const CHECK_IDS: readonly string[] = [
  ...['ACK-01', 'ACK-02', 'ACK-03', 'ACK-04', 'ACK-05'],
  ...[
    'SIG-01',
    'SIG-02',
    'SIG-03',
    'SIG-04',
    'SIG-05',
    'SIG-06',
    'SIG-07',
    'SIG-08',
    'SIG-09',
    'SIG-10',
    'SIG-11',
  ],
  ...['ROT-01', 'ROT-02', 'ROT-03'],
  ...['DUP-01', 'DUP-02', 'DUP-03', 'DUP-04', 'DUP-05', 'DUP-06'],
  ...['ORD-01', 'ORD-02', 'ORD-03'],
  ...['EVO-01', 'EVO-02', 'EVO-03'],
  ...['BRK-01', 'BRK-02', 'NET-01', 'NET-02', 'LOAD-01', 'REC-01', 'REC-02', 'SEC-01', 'SEC-02'],
];
