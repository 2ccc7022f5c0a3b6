/** A source of randomness: each call gives the next number of [0, 1). */
export type Random = () => number;

/**
 * The source that belongs to `key`, always the same for the same key. Its generator is sfc32 of PractRand's author
 * Chris Doty-Humphrey (public domain), seeded by an FNV-1a hash of the key.
 */
export function randomOf(key: string): Random {
  let hash = 0x811c9dc5;
  const next32 = (salt: number) => {
    for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ salt, 0x01000193);
    return hash >>> 0;
  };
  let a = next32(1);
  let b = next32(2);
  let c = next32(3);
  let counter = 1;
  const random = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first numbers still show the key.
  for (let i = 0; i < 12; i += 1) random();
  return random;
}

/** A number of the standard normal distribution (Box-Muller). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A waiting time at `rate` events a second, in seconds. */
export function exponential(random: Random, rate: number): number {
  return -Math.log(1 - random()) / rate;
}

/** A number of a Pareto distribution from 1 up: mean `alpha / (alpha - 1)`, and now and then a very large one. */
export function pareto(random: Random, alpha: number): number {
  return (1 - random()) ** (-1 / alpha);
}
