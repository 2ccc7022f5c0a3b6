/** Node's fetch streams a request's body where this is given; the DOM's types do not know it yet. */
interface RequestInit {
  duplex?: "half";
}
