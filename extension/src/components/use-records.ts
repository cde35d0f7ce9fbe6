import { useEffect, useState } from 'react';

import { Problem } from '../api/problem';
import { NotebookLink } from '../model/notebook-link';

export interface IAnswer<T> {
  data: T | null;
  problem: Problem | null;
}

/** Read one endpoint for as long as the component is shown; null means not yet. */
export function useRecords<T>(
  link: NotebookLink,
  endpoint: string,
  query: Record<string, string>
): IAnswer<T> {
  const [answer, setAnswer] = useState<IAnswer<T>>({ data: null, problem: null });
  const key = JSON.stringify(query);
  useEffect(() => {
    let wanted = true;
    setAnswer({ data: null, problem: null });
    link.records.client.get<T>(endpoint, JSON.parse(key)).then(
      data => wanted && setAnswer({ data, problem: null }),
      reason => wanted && setAnswer({ data: null, problem: Problem.of(reason) })
    );
    return () => {
      wanted = false;
    };
  }, [link, endpoint, key]);
  return answer;
}
