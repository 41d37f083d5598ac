// Four words that two people read to each other: the same on both sides, unless somebody stands in between. PROTOCOLS.md 11.
//
// Each side is bound to a random number of its own before it sees the other's, so that whoever stands in between has one attempt at
// 32 bits, and not as many as it can compute.

import { equal, fromHex, sha256, toHex, utf8 } from './digest.js';
import { Failure } from './strings.js';

/** 256 words, no two of which begin with the same four letters. `limpid call` has the same. */
const WORDS = `
acorn amber anchor apple april arrow autumn badge bakery balloon bamboo banjo barley basket beacon bench
berry bicycle bishop blanket blossom bonfire border bottle bracket branch breeze bridge bronze bucket buffalo button
cabin cactus camera candle canyon carpet castle cedar cello chapel cherry chimney circus clover cobalt coffee
comet compass copper coral cotton cradle crayon cricket crystal curtain dagger daisy dancer desert diamond dinner
doctor dolphin donkey dragon drummer eagle easel echo elbow ember engine falcon farmer feather fiddle finger
flame flute forest fossil fountain galaxy garden garlic gazelle ginger glacier goblet granite guitar hammer harbor
harvest hazel helmet heron honey hornet hotel iceberg igloo indigo island ivory jacket jaguar jasmine jelly
jigsaw jungle kettle kitchen kiwi koala ladder lagoon lantern laurel lemon leopard lettuce library lilac lizard
lobster lotus magnet mango maple marble market meadow melon mirror mitten monkey morning mosaic mountain muffin
needle nettle noodle nutmeg oasis ocean olive onion opera orange orbit orchid otter oyster paddle palace
panther parade parrot peanut pebble pelican pencil pepper piano pigeon pillow pirate planet pocket poet pumpkin
puzzle quilt quartz quiver rabbit radish raven ribbon rocket saddle sailor salmon sandal satchel scarf seven
shadow shelter silver sister sketch spider spiral spoon sponge squirrel stable summer sunset swallow tailor temple
thimble thistle thunder ticket tiger timber toffee tomato trumpet tulip tunnel turtle umbrella uncle unicorn valley
vanilla velvet violin volcano voyage waffle wagon walnut walrus water weaver whistle willow window winter wizard
wolf yellow yogurt zebra zephyr zipper acrobat bagel biscuit canary dentist emerald fabric goggle hamster insect
`.trim().split(/\s+/);
const COUNT = 4;

/** What a side says of its number in `hello`. */
export const commitment = (number) => sha256(utf8('limpid-call/1 commit'), number);

/** `fingerprints`, `numbers`: [the offerer's, the answerer's], 32 bytes each. */
export async function wordsOf(fingerprints, numbers) {
  const digest = await sha256(utf8('limpid-call/1 words'), ...fingerprints, ...numbers);
  return [...digest.subarray(0, COUNT)].map((byte) => WORDS[byte]).join(' ');
}

/** One side of one session: `commit` goes into its greeting, `reveal` follows once the other's greeting is here. */
export class Comparison {
  #number = crypto.getRandomValues(new Uint8Array(32));
  #theirs = null;

  async commit() { return toHex(await commitment(this.#number)); }

  /** The other side's `hello`: from here on its number is fixed. Gives what to say, or null to somebody who knows no words. */
  hear({ commit }) {
    this.#theirs = fromHex(commit, 32);
    return this.#theirs && { m: 'reveal', number: toHex(this.#number) };
  }

  /** The other side's `reveal`: gives the words. `fingerprints`: [ours, theirs]. */
  async reveal({ number }, fingerprints, isOfferer) {
    const theirs = fromHex(number, 32);
    if (!this.#theirs || !theirs || !equal(await commitment(theirs), this.#theirs)) throw new Failure('protocol');
    const inOrder = (pair) => (isOfferer ? pair : [...pair].reverse());
    return wordsOf(inOrder(fingerprints), inOrder([this.#number, theirs]));
  }
}
