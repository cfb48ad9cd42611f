import type {
  ActivityEntry,
  InvitationOffer,
  Key,
  Limit,
  Me,
  SessionUser,
  SignInMethods,
  TenantDetails,
  User,
} from "@/api/access";
import type { Conversation, McpServer, Run, RunUsage, Tool } from "@/api/loop";
import { PERMISSIONS } from "@/api/permissions";
import type {
  Agent,
  Attempt,
  Decision,
  LoginStatus,
  Model,
  PendingLogin,
  PoolActivity,
  PoolProviderCounts,
  PoolRequest,
  PoolStrategy,
  Provider,
  ProviderQuota,
  QuotaWindow,
  Session,
  Trace,
  UsageCounters,
  UsageReport,
  UsageRow,
} from "@/api/types";

const AT = "2026-05-01T12:00:00Z";

export const session: Session = {
  role: "owner",
  tenant: { id: "t1", slug: "main", name: "Main" },
  permissions: PERMISSIONS,
  tenants: [{ id: "t1", slug: "main", name: "Main", role: "owner" }],
  version: "0.1.0",
  demo: true,
};

export function provider(change: Partial<Provider> = {}): Provider {
  return {
    id: "p1",
    created_at: AT,
    updated_at: AT,
    tenant_id: "t1",
    name: "openai-codex",
    display_name: null,
    provider_type: "chatgpt_oauth",
    api_base: null,
    api_key: null,
    enabled: true,
    draining: false,
    settings: {},
    pool: null,
    status: { state: "ready", since: AT, reason: null, until: null, model_blocks: [] },
    account: {
      email: "ada@example.com",
      plan_type: "plus",
      account_id: "a1",
      connected_at: AT,
      token_expires_at: AT,
    },
    model_count: 4,
    ...change,
  };
}

/** Accounts of one pool: the first owns it. */
export function pooled(names: string[], strategy: PoolStrategy = "primary_first"): Provider[] {
  const [owner = "", ...members] = names;
  return names.map((name, index) =>
    provider({
      id: `p${index + 1}`,
      name,
      pool: {
        role: index === 0 ? "owner" : "member",
        owner,
        strategy,
        affinity: "conversation",
        members,
        primary: owner,
      },
    }),
  );
}

export function quotaWindow(change: Partial<QuotaWindow> = {}): QuotaWindow {
  return {
    label: "5h",
    kind: "five_hour",
    length_seconds: 18_000,
    used_percent: 40,
    remaining_percent: 60,
    reset_after_seconds: null,
    reset_at: "2999-05-01T12:00:00Z",
    source: "header",
    observed_at: AT,
    meter: null,
    ...change,
  };
}

export function quota(change: Partial<ProviderQuota> = {}): ProviderQuota {
  return {
    provider_id: "p1",
    provider_name: "openai-codex",
    success: true,
    plan_type: "plus",
    windows: [quotaWindow()],
    last_updated: AT,
    forecast: [],
    ...change,
  };
}

export function providerCounts(change: Partial<PoolProviderCounts> = {}): PoolProviderCounts {
  return {
    provider_name: "openai-codex",
    request_count: 10,
    direct_selection_count: 8,
    failover_serve_count: 2,
    success_count: 9,
    failure_count: 1,
    consecutive_failures: 0,
    success_rate: 90,
    health_score: 90,
    health_state: "healthy",
    last_used_at: AT,
    quota: null,
    draining: false,
    model_blocks: [],
    ...change,
  };
}

export function decision(change: Partial<Decision> = {}): Decision {
  return {
    strategy: "round_robin",
    why: "it is its turn",
    home: null,
    attempts: ["openai-codex", "codex-grace"],
    last_resort: [],
    excluded: [],
    candidates: 3,
    ...change,
  };
}

export function poolRequest(change: Partial<PoolRequest> = {}): PoolRequest {
  return {
    span_id: "s1",
    trace_id: "r1",
    started_at: AT,
    status: "completed",
    duration_ms: 900,
    provider_name: "codex-grace",
    selected_provider: "openai-codex",
    model: "gpt-5",
    attempt_count: 2,
    used_failover: true,
    failover_providers: ["codex-grace"],
    decision: decision({
      excluded: [
        {
          provider_name: "codex-linus",
          reason: "exhausted",
          until: "2999-01-01T00:00:00Z",
          detail: "has used up its quota",
        },
      ],
    }),
    ...change,
  };
}

export function poolActivity(change: Partial<PoolActivity> = {}): PoolActivity {
  return {
    strategy: "round_robin",
    pool_providers: ["openai-codex", "codex-grace", "codex-linus"],
    stats_sample_size: 10,
    provider_counts: [providerCounts()],
    recent_requests: [poolRequest()],
    top_agents: [],
    ...change,
  };
}

export function attempt(change: Partial<Attempt> = {}): Attempt {
  return {
    provider_name: "openai-codex",
    started_at: AT,
    model: "gpt-5",
    outcome: "served",
    cause: null,
    fault: null,
    http_status: null,
    error_code: null,
    error_message: null,
    first_event_ms: 400,
    duration_ms: 2100,
    ...change,
  };
}

export function trace(change: Partial<Trace> = {}): Trace {
  return {
    id: "r1",
    started_at: AT,
    duration_ms: 2100,
    first_event_ms: 400,
    endpoint: "responses",
    model: "gpt-5",
    served_model: null,
    agent_key: null,
    key_id: null,
    key_name: null,
    provider_name: "openai-codex",
    pool_owner: "openai-codex",
    strategy: "round_robin",
    selected_provider: "openai-codex",
    attempt_count: 1,
    used_failover: false,
    client: "codex",
    status: "completed",
    http_status: 200,
    cause: null,
    error_code: null,
    error_message: null,
    usage: { input_tokens: 1000, cached_input_tokens: 900, output_tokens: 50, reasoning_tokens: 10 },
    attempts: [attempt()],
    ...change,
  };
}

export function usageCounters(change: Partial<UsageCounters> = {}): UsageCounters {
  return {
    requests: 10,
    completed: 8,
    incomplete: 0,
    failed: 1,
    cancelled: 1,
    refused: 0,
    failovers: 2,
    input_tokens: 1000,
    cached_input_tokens: 900,
    output_tokens: 100,
    reasoning_tokens: 40,
    ...change,
  };
}

export function usageRow(change: Partial<UsageRow> = {}): UsageRow {
  return { key: "p1", name: "openai-codex", ...usageCounters(), ...change };
}

export function usageReport(change: Partial<UsageReport> = {}): UsageReport {
  return {
    from: "2026-04-24T12:00:00Z",
    to: AT,
    by: "account",
    tz: "UTC",
    rows: [usageRow()],
    totals: usageCounters(),
    kept_since: "2026-01-01T00:00:00Z",
    generated_at: AT,
    ...change,
  };
}

export function agent(change: Partial<Agent> = {}): Agent {
  return {
    id: "g1",
    agent_key: "reviewer",
    display_name: "Reviewer",
    provider: null,
    model: "gpt-5",
    context_window: 200_000,
    max_tool_iterations: 20,
    workspace: null,
    agent_type: "open",
    system_prompt: "Be short.",
    is_default: false,
    status: "active",
    managed_by: "database",
    tools_config: {},
    other_config: {
      thinking_level: "high",
      max_tokens: 4000,
      chatgpt_oauth_routing: { strategy: "round_robin" },
    },
    created_at: AT,
    updated_at: AT,
    effective: {
      provider: "openai-codex",
      model: "gpt-5",
      thinking_level: "high",
      max_tokens: 4000,
      tools_config: { allow: [], deny: [] },
      workspace: null,
      routing: null,
    },
    ...change,
  };
}

export function pendingLogin(change: Partial<PendingLogin> = {}): PendingLogin {
  return { login_id: "l1", method: "browser", state: "pending", error: null, expires_at: AT, ...change };
}

export function loginStatus(change: Partial<LoginStatus> = {}): LoginStatus {
  return { authenticated: false, state: "signed_out", pending: null, ...change };
}

export function model(id: string): Model {
  return {
    id,
    object: "model",
    created: 0,
    owned_by: "x",
    display_name: id,
    context_window: null,
    thinking_levels: [],
  };
}

export const usage: RunUsage = {
  input_tokens: 1200,
  cached_tokens: 1000,
  output_tokens: 40,
  reasoning_tokens: 0,
  total_tokens: 1240,
};

export function tool(change: Partial<Tool> = {}): Tool {
  return {
    name: "read_file",
    description: "Reads a file.",
    parameters: { type: "object" },
    source: "builtin",
    enabled: true,
    ...change,
  };
}

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: "s1",
    agent_key: "reviewer",
    session_key: "chat-1",
    title: "About parsers",
    created_at: AT,
    updated_at: AT,
    item_count: 2,
    usage,
    running_run_id: null,
    ...change,
  };
}

export function run(change: Partial<Run> = {}): Run {
  return {
    id: "u1",
    agent_key: "reviewer",
    session_id: "s1",
    session_key: "chat-1",
    endpoint: "runs",
    status: "completed",
    reason: "finished",
    model: "gpt-5",
    message: "Hi",
    content: "Hello",
    iterations: 1,
    usage,
    started_at: AT,
    ended_at: "2026-05-01T12:00:02Z",
    served_by: ["alice"],
    ...change,
  };
}

export function mcpServer(change: Partial<McpServer> = {}): McpServer {
  return {
    id: "m1",
    name: "files",
    transport: "stdio",
    command: "npx",
    args: ["-y", "server-filesystem"],
    env: { TOKEN: "***" },
    enabled: true,
    timeout_seconds: 60,
    managed_by: "database",
    status: { state: "connected", since: AT, tool_count: 1 },
    tools: [{ name: "read", description: "Reads." }],
    created_at: AT,
    updated_at: AT,
    ...change,
  };
}

export function signInMethods(change: Partial<SignInMethods> = {}): SignInMethods {
  return { password: true, token: true, oidc: [], needs_owner: false, ...change };
}

export function sessionUser(change: Partial<SessionUser> = {}): SessionUser {
  return {
    id: "ada",
    email: "ada@example.com",
    display_name: "Ada",
    has_totp: false,
    has_password: true,
    is_managed: false,
    ...change,
  };
}

export function user(change: Partial<User> = {}): User {
  return {
    id: "ada",
    email: "ada@example.com",
    display_name: "Ada",
    role: "owner",
    is_owner: true,
    disabled: false,
    has_password: true,
    has_totp: false,
    last_seen_at: AT,
    created_at: AT,
    ...change,
  };
}

export function offer(change: Partial<InvitationOffer> = {}): InvitationOffer {
  return {
    kind: "member",
    tenant_name: "Main",
    email: null,
    role: "operator",
    provider_name: null,
    ...change,
  };
}

export function limit(change: Partial<Limit> = {}): Limit {
  return {
    meter: "tokens",
    window: "day",
    amount: 1000,
    used: 250,
    reserved: 0,
    resets_at: "2999-05-01T12:00:00Z",
    ...change,
  };
}

export function apiKey(change: Partial<Key> = {}): Key {
  return {
    id: "k1",
    name: "ci",
    prefix: "gw_abcd",
    role: "operator",
    effective_role: "operator",
    owner: null,
    models: null,
    agents: null,
    providers: null,
    limits: [],
    created_at: AT,
    expires_at: null,
    last_used_at: null,
    revoked_at: null,
    state: "active",
    ...change,
  };
}

export function me(change: Partial<Me> = {}): Me {
  return {
    kind: "key",
    name: "ci",
    role: "operator",
    tenant: { id: "t1", slug: "main", name: "Main" },
    key: apiKey({ limits: [limit()] }),
    usage: {
      requests: 4,
      tokens: 1300,
      days: [
        { day: "2026-04-30", requests: 1, tokens: 100 },
        { day: "2026-05-01", requests: 3, tokens: 1200 },
      ],
    },
    ...change,
  };
}

export function tenant(change: Partial<TenantDetails> = {}): TenantDetails {
  return {
    id: "t2",
    slug: "lab",
    name: "Lab",
    created_at: AT,
    members: 2,
    providers: 1,
    agents: 0,
    ...change,
  };
}

export function activityEntry(change: Partial<ActivityEntry> = {}): ActivityEntry {
  return {
    id: "a1",
    seq: 7,
    at: AT,
    actor: { kind: "user", id: "ada", name: "ada@example.com", address: "127.0.0.1" },
    action: "provider.update",
    object: { type: "provider", id: "p1", name: "openai-codex" },
    before: { enabled: true },
    after: { enabled: false },
    request_id: "r1",
    hash: "ab".repeat(32),
    ...change,
  };
}
