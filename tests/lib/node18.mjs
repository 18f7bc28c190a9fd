// Debian 12 has node 18, whose arrays lack functions that graphql-js 17 calls. Import this before
// it.

Array.prototype.toReversed ??= function toReversed() { return [...this].reverse(); };
Array.prototype.toSorted ??= function toSorted(compare) { return [...this].sort(compare); };
