/** What `make` makes of an object, made once for each: so what belongs to an isolate's settings or bindings is found again. */
export function oncePer<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = new WeakMap<Key, { value: Made }>();
  return (key) => {
    let one = made.get(key);
    if (one === undefined) {
      one = { value: make(key) };
      made.set(key, one);
    }
    return one.value;
  };
}
