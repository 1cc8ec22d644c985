/** Stands for a value that is not shown; given back, it keeps what was there. */
export const MASK = '********';
