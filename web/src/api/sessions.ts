import { client, unwrap } from "./client";
import type { Compaction, Conversation, ConversationItem } from "./loop";

const at = (id: string) => ({ path: { id } });

export interface ConversationQuery {
  agent: string;
  q?: string | undefined;
  before?: string | undefined;
}

export interface ConversationPage {
  sessions: Conversation[];
  next_before?: string | null;
}

const PAGE = 30;

export function fetchConversations(
  { agent, q, before }: ConversationQuery,
  signal?: AbortSignal,
): Promise<ConversationPage> {
  const query = { agent, limit: PAGE, ...(q && { q }), ...(before && { before }) };
  return unwrap(client.GET("/v1/sessions", { params: { query }, signal }));
}

export function fetchConversation(id: string, signal?: AbortSignal): Promise<Conversation> {
  return unwrap(client.GET("/v1/sessions/{id}", { params: at(id), signal }));
}

export interface History {
  items: ConversationItem[];
  compactions: Compaction[];
}

const ITEMS = 500;

/** All that was said, page by page. */
export async function fetchHistory(id: string, signal?: AbortSignal): Promise<History> {
  const items: ConversationItem[] = [];
  for (let after: number | null = null; ; ) {
    const query: { limit: number; after?: number } = { limit: ITEMS, ...(after !== null && { after }) };
    const params = { ...at(id), query };
    const page = await unwrap(client.GET("/v1/sessions/{id}/items", { params, signal }));
    items.push(...page.items);
    after = page.items.length > 0 ? (page.next_after ?? null) : null;
    if (after === null) return { items, compactions: page.compactions ?? [] };
  }
}

export async function renameConversation(id: string, title: string): Promise<void> {
  await unwrap(client.PATCH("/v1/sessions/{id}", { params: at(id), body: { title } }));
}

export async function removeConversation(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/sessions/{id}", { params: at(id) }));
}

/** Forgets the item `before_seq` and all after it. */
export async function rewindConversation(id: string, before_seq: number): Promise<void> {
  await unwrap(client.POST("/v1/sessions/{id}/rewind", { params: at(id), body: { before_seq } }));
}

export type ExportFormat = "json" | "markdown";

export function exportConversation(id: string, format: ExportFormat): Promise<Blob> {
  const params = { ...at(id), query: { format } };
  return unwrap<Blob>(client.GET("/v1/sessions/{id}/export", { params, parseAs: "blob" }));
}
