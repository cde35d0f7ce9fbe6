import { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/** Render again whenever `signal` is emitted. */
export function useSignal(signal: ISignal<unknown, unknown> | undefined): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!signal) {
      return undefined;
    }
    const slot = () => again();
    signal.connect(slot);
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}
