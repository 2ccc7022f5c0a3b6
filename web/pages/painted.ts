import { Component, type VNode } from "preact";

interface Props {
  /** What is painted is made of these; null: whatever it is made of, it stays as it is. */
  of: readonly unknown[] | null;
  children: () => VNode;
}

/**
 * Paints what it has where it is made of something else than before, and leaves it as it is else. No element is kept to be given
 * again: one of before holds its parents, and all that stood beside it then.
 */
export class Painted extends Component<Props> {
  override shouldComponentUpdate({ of }: Props): boolean {
    const before = this.props.of;
    return of?.some((each, at) => each !== before?.[at]) === true;
  }

  override render({ children }: Props): VNode {
    return children();
  }
}
