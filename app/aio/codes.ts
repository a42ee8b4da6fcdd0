/**
 * The AIO contract's codes and constants as TypeScript sees them.
 *
 * The C header `native/include/pl_aio.h` is the source; a test compares this
 * table with what the compiled core reports, so the two cannot drift apart.
 */

export const AIO_SUCCESS = 0;
/** Bad input arguments: the packet at the index is at fault; those after it are unexamined. */
export const AIO_ERR_INVAL = -1;
/** Try again later: no packet is at fault; nothing from the index on was taken. */
export const AIO_ERR_AGAIN = -2;

/** Largest packet buffer a backend accepts, in bytes. */
export const AIO_PKT_INFO_BUF_MAX = 4096;
export const AIO_PKT_INFO_ALIGN = 16;
export const AIO_PKT_INFO_FOOTPRINT = 16;

/** The three codes in the order they are shown everywhere. */
export const AIO_CODE_NAMES = ['success', 'again', 'inval'] as const;
export type AioCodeName = (typeof AIO_CODE_NAMES)[number];

export const AIO_CODES: Readonly<Record<AioCodeName, number>> = {
  success: AIO_SUCCESS,
  again: AIO_ERR_AGAIN,
  inval: AIO_ERR_INVAL,
};

/** What `pl_aio_strerror` says for each code. */
export const AIO_STRERROR: Readonly<Record<AioCodeName, string>> = {
  success: 'success',
  again: 'try again later',
  inval: 'bad input arguments',
};

/** One teaching sentence a code, shown beside its counters. */
export const AIO_CODE_SENTENCES: Readonly<Record<AioCodeName, string>> = {
  success: 'The whole batch was accepted. Accepted is not yet delivered.',
  again: 'Not now: those before the index were taken, offer the rest again.',
  inval: 'Refused for good at the index; those after it were not looked at.',
};

/** The states of a backend; device faults are states, never a fourth code. */
export const BACKEND_STATES = ['up', 'link-down', 'removed', 'failed'] as const;
export type BackendStateName = (typeof BACKEND_STATES)[number];
