import { Component, type VNode } from "preact";

interface Props {
  isSeen: boolean;
  children: () => VNode;
}

/**
 * Paints what it has while that is in sight, and leaves it as it is else. No element is kept to be given again: one of before
 * holds all that stood beside it then.
 */
export class WhileSeen extends Component<Props> {
  override shouldComponentUpdate({ isSeen }: Props): boolean {
    return isSeen;
  }

  override render({ children }: Props): VNode {
    return children();
  }
}
