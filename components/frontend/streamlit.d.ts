/** Types of what Streamlit hands a component (st.components.v2). */

/** Argument of a component's default export, which is called at each run of the script. */
export interface Component<Data> {
  /** What the script passes as `data`. */
  data: Data;
  /** Where the component's HTML is: the same element for as long as the component is shown. */
  parentElement: ShadowRoot | HTMLElement;
  /** Set a value that stays until it is set again, and run the script. */
  setStateValue(name: string, value: unknown): void;
  /** Set a value for one run of the script. */
  setTriggerValue(name: string, value: unknown): void;
}

/** Set a value of a component in the script. */
export type Tell = (name: string, value: unknown) => void;

/** Called when the component is removed from the page. */
export type Cleanup = () => void;

/** A NumPy array of the script, which arrives as a table of one column. */
export interface ArrowTable {
  getChildAt(index: number): { toArray(): ArrayLike<number> } | null;
}
