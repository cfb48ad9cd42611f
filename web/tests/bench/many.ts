import type { BrowserContext } from "playwright-core";

type Item = Record<string, unknown>;

/** Item `index` of many: the given one under another name. */
function another(item: Item, index: number): Item {
  const tail = index.toString(16).padStart(12, "0");
  return {
    ...item,
    ...(typeof item.id === "string" && { id: `${item.id.slice(0, -12)}${tail}` }),
    ...(typeof item.name === "string" && { name: `${item.name}-${index}` }),
  };
}

/** Has the gateway's answer at this path hold so many items, made of those that it has. */
export async function answerWithMany(context: BrowserContext, path: string, count: number): Promise<void> {
  await context.route(
    (url) => url.pathname === path,
    async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as Record<string, unknown>;
      const list = Object.entries(body).find(([, value]) => Array.isArray(value) && value.length > 0);
      if (!list) return route.fulfill({ response });
      const [key, items] = list as [string, Item[]];
      const many = Array.from({ length: count }, (_, index) =>
        another(items[index % items.length] ?? {}, index),
      );
      const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith("next")));
      await route.fulfill({ response, json: { ...rest, [key]: many } });
    },
  );
}
