/** The bytes are not what their format says: thrown by readers, and caught where a format's decoding begins. */
export class WireFault extends Error {
  override readonly name = "WireFault";
}
