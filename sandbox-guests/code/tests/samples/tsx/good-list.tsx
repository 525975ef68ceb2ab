import { type ReactNode, useMemo } from "react";

interface Props<T> {
  rows: readonly T[];
  render: (row: T) => ReactNode;
}

export function List<T extends { id: number }>({ rows, render }: Props<T>) {
  const sorted = useMemo(() => [...rows].sort((a, b) => a.id - b.id), [rows]);
  return (
    <ol>
      {sorted.map((row) => (
        <li key={row.id}>{render(row)}</li>
      ))}
    </ol>
  );
}
