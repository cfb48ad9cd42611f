/**
 * The tenant that this tab has chosen among its person's own: a slug, no secret. Calls name it in a header.
 * It lasts as long as the tab, so that two tabs can show two tenants.
 */
const NAME = "gateway.tenant";
let chosen = read();

function read(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

export function chosenTenant(): string | null {
  return chosen;
}

export function chooseTenant(slug: string | null) {
  chosen = slug;
  try {
    if (slug === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, slug);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
