import { client, unwrap } from "./client";
import type { RequestDetail, RequestPage, RequestQuery } from "./types";

/** One page of requests, newest first. */
export function fetchRequests(query: RequestQuery, signal?: AbortSignal): Promise<RequestPage> {
  return unwrap(client.GET("/v1/requests", { params: { query }, signal }));
}

export function fetchRequest(id: string, signal?: AbortSignal): Promise<RequestDetail> {
  return unwrap(client.GET("/v1/requests/{id}", { params: { path: { id } }, signal }));
}
