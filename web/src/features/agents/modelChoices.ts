import type { Model, ProviderModel } from "@/api/types";

/** For models that do not say which levels they know. */
const USUAL_LEVELS = ["minimal", "low", "medium", "high", "xhigh"];

/** One provider's models, or every plain model name: no agents, no `<provider>/<model>`. */
export function modelNames(own: ProviderModel[] | undefined, all: Model[] | undefined): string[] {
  const ids =
    own?.map(({ id }) => id) ?? all?.map(({ id }) => id).filter((id) => !/^agent:|\//.test(id)) ?? [];
  return [...new Set(ids)];
}

/** The levels of a model, and none at all. */
export function levelsOf(model: Pick<ProviderModel, "thinking_levels"> | undefined): string[] {
  const levels = model && model.thinking_levels.length > 0 ? model.thinking_levels : USUAL_LEVELS;
  return ["off", ...levels.filter((it) => it !== "off")];
}
