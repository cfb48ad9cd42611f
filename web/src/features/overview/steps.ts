import { linkOptions } from "@tanstack/react-router";

/** The first steps in their order, and where each is done. */
export const STEPS = [
  { id: "account_connected", link: linkOptions({ to: "/providers", search: { connect: "new" } }) },
  { id: "models_loaded", link: linkOptions({ to: "/providers" }) },
  { id: "first_request_served", link: linkOptions({ to: "/chat" }) },
  { id: "agent_created", link: linkOptions({ to: "/agents", search: { create: true } }) },
] as const;
