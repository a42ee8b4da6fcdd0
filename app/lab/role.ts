/** What an instance does on its pair. */
export const ROLES = ['both', 'send', 'receive'] as const;
export type Role = (typeof ROLES)[number];
