// The recorded feeds, and what Python derived from the same journals.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../recorded/${name}`, import.meta.url), "utf-8"));
export const NAMES = ["outage-and-redrive", "worker-killed", "mutant-that-loses"];
export const feedOf = (name) => read(`${name}.feed.json`);
export const packedFeed = () => read("mutant-that-loses.packed.json");
export const placesOf = (name) => read(`${name}.places.json`);
