const columns = ["id", "name"] as const;

export const Table = <T,>({ rows }: { rows: Record<(typeof columns)[number], T>[] }) => (
  <table>
    <thead>
      <tr>{columns.map((name) => <th key=name>{name}</th>)}</tr>
    </thead>
    <tbody>
      {rows.map((row, index) => (
        <tr key={index}>{columns.map((name) => <td key={name}>{String(row[name])}</td>)}</tr>
      ))}
    </tbody>
  </table>
);
