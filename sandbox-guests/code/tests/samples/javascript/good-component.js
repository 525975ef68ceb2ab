import React, { useState } from "react";

export function Todo({ items, onDone = () => {} }) {
  const [filter, setFilter] = useState("");
  const shown = items.filter((item) => item.title.includes(filter));
  return (
    <section className="todo">
      <input value={filter} onChange={(event) => setFilter(event.target.value)} />
      <ul>
        {shown.map((item) => (
          <li key={item.id} onClick={() => onDone(item)}>
            {item.title} {item.done ? <b>done</b> : null}
          </li>
        ))}
      </ul>
      <>{shown.length} of {items.length}</>
    </section>
  );
}
