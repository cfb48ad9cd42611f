import { type MutationState, useMutationState } from "@tanstack/react-query";

/** How the last change of one thing went: for another part of its row than the one that asked for it. */
export function useLastOf<Data, Variables>(
  mutationKey: readonly unknown[],
  isOf: (variables: Variables) => boolean,
): MutationState<Data, Error, Variables> | undefined {
  return useMutationState({
    filters: {
      mutationKey,
      predicate: ({ state }) => state.variables !== undefined && isOf(state.variables as Variables),
    },
    select: ({ state }) => state as MutationState<Data, Error, Variables>,
  }).at(-1);
}
