import type { User, UserChange } from "./access";
import { client, unwrap } from "./client";

const at = (id: string) => ({ params: { path: { id } } });

/** The members of the tenant. */
export async function fetchUsers(signal?: AbortSignal): Promise<User[]> {
  return (await unwrap(client.GET("/v1/users", { signal }))).users;
}

export async function updateUser(id: string, body: UserChange): Promise<void> {
  await unwrap(client.PUT("/v1/users/{id}", { ...at(id), body }));
}

/** Takes the person out of the tenant. */
export async function removeUser(id: string): Promise<void> {
  await unwrap(client.DELETE("/v1/users/{id}", at(id)));
}
