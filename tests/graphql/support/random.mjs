// Random numbers from a seed, so that a run can be repeated.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** A float from 0 to 1. */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer from low to high, both included. */
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(p) {
    return this.next() < p;
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** Some of a list, in its order, at least `least`. */
  some(list, least = 0, share = 0.5) {
    const kept = list.filter(() => this.chance(share));
    while (kept.length < least && kept.length < list.length) {
      const one = this.pick(list);
      if (!kept.includes(one)) kept.push(one);
    }
    return kept;
  }
}
