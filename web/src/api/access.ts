import type { components, paths } from "./schema";

/** People, keys, tenants and the audit log, by the names that the dashboard has for them. */

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type Tenant = Schemas["Tenant"];
export type Permission = Schemas["Permission"];
export type TenantChoice = Schemas["TenantChoice"];
export type Session = Schemas["Session"];
export type SessionUser = Schemas["SessionUser"];
export type SignInMethods = Schemas["SignInMethods"];
export type PasswordSignIn = Schemas["SignIn"];

export type AccountSession = Schemas["AccountSession"];
export type TotpSetup = Schemas["TotpSetup"];

export type User = Schemas["User"];
export type UserChange = Schemas["UserUpdate"];

export type Invitation = Schemas["Invitation"];
export type InvitationKind = Invitation["kind"];
export type NewInvitation = Schemas["NewInvitation"];
export type CreatedInvitation = Schemas["CreatedInvitation"];
export type InvitationOffer = Schemas["InvitationOffer"];
export type AcceptInvitation = Schemas["AcceptInvitation"];

export type Meter = Schemas["Meter"];
export type LimitWindow = Schemas["LimitWindow"];
export type LimitRule = Schemas["LimitInput"];
export type Limit = Schemas["Limit"];

export type Key = Schemas["Key"];
export type KeyState = Schemas["KeyState"];
export type CreatedKey = Schemas["CreatedKey"];
export type NewKey = Schemas["CreateKey"];
export type KeyChange = Schemas["UpdateKey"];

export type Me = Schemas["Me"];
export type KeyUsage = Schemas["KeyUsage"];
export type DayUsage = Schemas["KeyDay"];

export type ActivityEntry = Schemas["AuditEntry"];
export type ActivityPage = Schemas["AuditLog"];
export type ActivityQuery = NonNullable<paths["/v1/activity"]["get"]["parameters"]["query"]>;

export type TenantDetails = Schemas["TenantBody"];
export type TenantInput = Schemas["CreateTenant"];
