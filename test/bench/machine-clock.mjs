/** Milliseconds of the clock that all processes of this machine share and nobody sets. Each process's own origin is some milliseconds off another's. */
export const machineNow = () => Number(process.hrtime.bigint()) / 1e6;
