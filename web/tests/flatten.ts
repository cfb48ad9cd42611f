interface Tree {
  [key: string]: string | Tree;
}

/** Every text of a language by its whole key, such as `pools.title`. */
export function flatten(tree: Tree, above = ""): [key: string, text: string][] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === "string"
      ? [[`${above}${name}`, value] as [string, string]]
      : flatten(value, `${above}${name}.`),
  );
}
