// A client over the types that openapi-typescript makes of the OpenAPI document: node client.js URL USER PASSWORD AUDIO
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const POLLS = 600;
const POLL_MILLISECONDS = 100;

type Memory = components["schemas"]["MemoryView"];

const [url, username, password, file] = argv.slice(2) as [string, string, string, string];
const api = createClient<paths>({ baseUrl: url });

async function logIn(): Promise<void> {
  const { data, response } = await api.POST("/api/v1/auth/token", {
    body: { username, password },
    bodySerializer: (body) => new URLSearchParams({ username: body.username, password: body.password }),
  });
  assert(data, `${response.status}`);
  const authorization = `Bearer ${data.access_token}`;
  api.use({ onRequest: ({ request }) => request.headers.set("Authorization", authorization) });
}

async function upload(): Promise<string> {
  const audio = await readFile(file);
  const { data, error } = await api.POST("/api/v1/memories", {
    body: { audio: "", title: "Über TypeScript 👩‍⚕️", recorded_at: "2026-11-20T18:30:00+01:00" },
    bodySerializer: (body) => {
      const form = new FormData();
      form.set("audio", new Blob([new Uint8Array(audio)]), "memo.wav");
      form.set("title", body.title ?? "");
      form.set("recorded_at", body.recorded_at ?? "");
      return form;
    },
  });
  assert(data, error?.detail);
  assert.equal(data.status, "queued");
  return data.id;
}

async function poll(memory_id: string): Promise<Memory> {
  for (let polls = 0; polls < POLLS; polls += 1) {
    const { data, error } = await api.GET("/api/v1/memories/{memory_id}", { params: { path: { memory_id } } });
    assert(data, error?.detail);
    if (data.status === "complete" || data.status === "failed") return data;
    await setTimeout(POLL_MILLISECONDS);
  }
  throw new Error(`${memory_id} is not complete`);
}

await logIn();
const id = await upload();
const memory = await poll(id);
assert.equal(memory.status, "complete", memory.failure?.reason);
assert.equal(memory.title, "Über TypeScript 👩‍⚕️");
assert(memory.transcript && memory.analysis?.summary);

const listed = await api.GET("/api/v1/memories", { params: { query: { status: "complete", limit: 5 } } });
assert(listed.data?.memories.some((each) => each.id === id));

const refused = await api.GET("/api/v1/memories", { params: { query: { limit: 1000 } } });
assert.equal(refused.error?.errors?.[0]?.field, "query.limit");

const path = { params: { path: { memory_id: id } } };
assert.equal((await api.DELETE("/api/v1/memories/{memory_id}", path)).response.status, 204);
assert.equal((await api.GET("/api/v1/memories/{memory_id}", path)).error?.type, "urn:rawk:problem:memory-not-found");
console.log(memory.transcript);
