/** The slug of what everything begins in: that tenant cannot go, and keeps its slug. */
export const MASTER = "master";
