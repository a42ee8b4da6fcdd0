/**
 * Something a person asked for that cannot be done, in one sentence: what, where, what is kept,
 * what to do. `field` names the setting at fault where there is one.
 */
export class LabError extends Error {
  constructor(
    readonly sentence: string,
    readonly field: string | null = null,
  ) {
    super(sentence);
    this.name = 'LabError';
  }

  /** Keeps a LabError as it is; anything else gives its message. */
  static from(error: unknown): LabError {
    if (error instanceof LabError) return error;
    return new LabError(error instanceof Error ? error.message : String(error));
  }
}
