import type { components } from "./schema";

/**
 * People, keys, tenants and the audit log. Written by hand until the OpenAPI document has these routes;
 * `AccessPaths` then goes, and the types become names of the generated ones. No caller changes.
 */

type Schemas = components["schemas"];
export type Role = Schemas["Role"];
export type Tenant = Schemas["Tenant"];

export type Permission =
  | "read"
  | "use_models"
  | "manage_agents"
  | "manage_providers"
  | "manage_tools"
  | "manage_keys"
  | "manage_members"
  | "read_audit"
  | "run_programs"
  | "manage_tenants";

/** A tenant that who is signed in may choose, and their role there. */
export interface TenantChoice extends Tenant {
  role: Role;
}

export interface SessionUser {
  id: string;
  email: string;
  display_name?: string | null;
  has_totp: boolean;
  has_password: boolean;
  /** A role of theirs is an issuer's to give: they come in by it, and get no password. */
  is_managed: boolean;
}

export interface Session {
  role: Role;
  tenant: Tenant;
  version: string;
  demo: boolean;
  /** Absent for the gateway's token. */
  user?: SessionUser | null;
  permissions?: Permission[];
  tenants?: TenantChoice[];
}

export interface SignInMethods {
  password: boolean;
  token: boolean;
  oidc: { name: string; label: string }[];
  /** Nobody is owner yet: the terminal shows a link that makes one. */
  needs_owner: boolean;
}

export interface PasswordSignIn {
  email: string;
  password: string;
  totp?: string;
}

export interface AccountSession {
  id: string;
  current: boolean;
  address?: string | null;
  user_agent?: string | null;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  method: string;
}

export interface TotpSetup {
  secret: string;
  otpauth_url: string;
}

export interface User {
  id: string;
  email: string;
  display_name?: string | null;
  role: Role;
  /** Of the whole installation. */
  is_owner: boolean;
  disabled: boolean;
  has_password: boolean;
  has_totp: boolean;
  last_seen_at?: string | null;
  created_at: string;
}

export interface UserChange {
  role?: Role;
  disabled?: boolean;
  display_name?: string;
}

export type InvitationKind = "owner" | "member" | "connect";

export interface Invitation {
  id: string;
  kind: InvitationKind;
  email?: string | null;
  role?: Role | null;
  provider_name?: string | null;
  created_at: string;
  expires_at?: string | null;
}

export interface NewInvitation {
  kind: "member" | "connect";
  email?: string;
  role?: Role;
  provider_name?: string;
  expires_in_hours?: number;
}

/** `url` is said this once. */
export type CreatedInvitation = Invitation & { url: string };

/** What an invitation is to who holds its link. */
export interface InvitationOffer {
  kind: InvitationKind;
  tenant_name: string;
  email?: string | null;
  role?: Role | null;
  provider_name?: string | null;
}

/** Without a password: as who is signed in. With one, somebody who has an account shows that it is theirs. */
export interface AcceptInvitation {
  token: string;
  email?: string;
  display_name?: string;
  password?: string;
  totp?: string;
}

export type Meter = "requests" | "tokens" | "concurrent" | "pool_share";
export type LimitWindow = "minute" | "day" | "week" | "month";

export interface LimitRule {
  meter: Meter;
  /** Absent for `concurrent` and `pool_share`. */
  window?: LimitWindow | null;
  /** Requests, tokens, streams; of a pool's quota, percent. */
  amount: number;
}

export interface Limit extends LimitRule {
  used?: number | null;
  /** Taken by requests that are still under way. */
  reserved?: number | null;
  resets_at?: string | null;
}

export type KeyState = "active" | "expired" | "revoked" | "owner_disabled" | "owner_gone";

export interface Key {
  id: string;
  name: string;
  /** The first characters, by which people know it again. */
  prefix: string;
  role: Role;
  /** What it may do now: its role, or its owner's where that is lower. */
  effective_role: Role;
  /** Without an id: they are forgotten. */
  owner?: { id: string | null; name: string } | null;
  /** `null`: all of them. */
  models: string[] | null;
  agents: string[] | null;
  providers: string[] | null;
  limits: Limit[];
  created_at: string;
  expires_at?: string | null;
  last_used_at?: string | null;
  revoked_at?: string | null;
  state: KeyState;
}

/** `key` is said this once. */
export type CreatedKey = Key & { key: string };

/** What can be changed of a key: what is absent stays, `null` clears. */
export interface KeyChange {
  name?: string;
  expires_at?: string | null;
  models?: string[] | null;
  agents?: string[] | null;
  providers?: string[] | null;
  limits?: LimitRule[];
}

export interface NewKey {
  name: string;
  role: Role;
  expires_at?: string;
  models?: string[];
  agents?: string[];
  providers?: string[];
  limits?: LimitRule[];
}

export interface DayUsage {
  day: string;
  requests: number;
  tokens: number;
}

/** The last 14 days. */
export interface KeyUsage {
  requests: number;
  tokens: number;
  /** Oldest first, those without use as well. */
  days: DayUsage[];
}

export interface Me {
  kind: "token" | "user" | "key";
  name: string;
  role: Role;
  tenant: Tenant;
  key?: Key | null;
  /** Of a key. */
  usage?: KeyUsage | null;
}

export interface ActivityEntry {
  id: string;
  seq: number;
  at: string;
  actor: { kind: string; id?: string | null; name: string; address?: string | null };
  /** Such as `provider.update`. */
  action: string;
  object: { type: string; id?: string | null; name?: string | null };
  before?: unknown;
  after?: unknown;
  request_id?: string | null;
  hash: string;
}

export interface ActivityPage {
  entries: ActivityEntry[];
  /** What `before` of the next page is. */
  next?: string | number | null;
}

export interface ActivityQuery {
  actor?: string;
  action?: string;
  object?: string;
  since?: string;
  until?: string;
  before?: string;
  limit?: number;
}

export interface TenantDetails extends Tenant {
  created_at: string;
  /** Absent where nobody counts them. */
  members?: number;
  providers: number;
  agents: number;
}

/** One route's operation, in the form of the generated types. */
type Op<Data, Body = never, Parameters = object> = {
  parameters: Parameters;
  responses: { 200: { headers: object; content: { "application/json": Data } } };
} & ([Body] extends [never]
  ? { requestBody?: never }
  : { requestBody: { content: { "application/json": Body } } });

type Nothing = undefined;
interface ById {
  path: { id: string };
}

export interface AccessPaths {
  "/v1/auth/session": { get: Op<Session>; post: Op<Session, { token: string }>; delete: Op<Nothing> };
  "/v1/auth/methods": { get: Op<SignInMethods> };
  "/v1/auth/sign-in": { post: Op<Session, PasswordSignIn> };
  "/v1/account": { put: Op<Nothing, { display_name: string }> };
  "/v1/account/password": { post: Op<Nothing, { current?: string; new: string }> };
  "/v1/account/totp": {
    post: Op<TotpSetup, object>;
    delete: Op<Nothing, { code?: string; password?: string }>;
  };
  "/v1/account/totp/confirm": { post: Op<{ recovery_codes: string[] }, { code: string }> };
  "/v1/account/sessions": { get: Op<{ sessions: AccountSession[] }> };
  "/v1/account/sessions/{id}": { delete: Op<Nothing, never, ById> };
  "/v1/account/sessions/revoke-others": { post: Op<Nothing, object> };
  "/v1/users": { get: Op<{ users: User[] }> };
  "/v1/users/{id}": { put: Op<User, UserChange, ById>; delete: Op<Nothing, never, ById> };
  "/v1/invitations": { get: Op<{ invitations: Invitation[] }>; post: Op<CreatedInvitation, NewInvitation> };
  "/v1/invitations/{id}": { delete: Op<Nothing, never, ById> };
  "/v1/invitations/by-token": {
    get: Op<InvitationOffer, never, { header: { "x-gateway-invitation": string } }>;
  };
  "/v1/invitations/accept": { post: Op<Session, AcceptInvitation> };
  "/v1/keys": { get: Op<{ keys: Key[] }>; post: Op<CreatedKey, NewKey> };
  "/v1/keys/{id}": {
    get: Op<Key, never, ById>;
    put: Op<Key, KeyChange, ById>;
    delete: Op<Nothing, never, ById>;
  };
  "/v1/keys/{id}/revoke": { post: Op<Nothing, object, ById> };
  "/v1/me": { get: Op<Me> };
  "/v1/activity": { get: Op<ActivityPage, never, { query?: ActivityQuery }> };
  "/v1/activity/export": {
    get: Op<string, never, { query: ActivityQuery & { format: "jsonl" | "csv" } }>;
  };
  "/v1/tenants": { get: Op<{ tenants: TenantDetails[] }>; post: Op<TenantDetails, TenantInput> };
  "/v1/tenants/{id}": {
    put: Op<TenantDetails, TenantInput, ById>;
    delete: Op<Nothing, never, ById & { query: { confirm: string } }>;
  };
}

export interface TenantInput {
  slug: string;
  name: string;
}
