// What Python packs, JavaScript unpacks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpacked } from "../../../../sim/picture/js/packing.js";
import { feedOf, packedFeed } from "./recorded.mjs";

test("an unpacked feed is the feed that was packed", () => {
  const { rows, ...dictionary } = packedFeed();
  assert.deepEqual(unpacked(dictionary, rows), feedOf("mutant-that-loses"));
});
