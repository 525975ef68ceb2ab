export const Form = ({ onSend }: { onSend(text: string): void }) => {
  const send = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSend(new FormData(event.currentTarget).get("text") as string);
  };
  return (
    <form onSubmit={send}>
      <label htmlFor="text">Text</span>
      <input id="text" name="text" required />
      <button type="submit">Send &rarr;</button>
    </form>
  );
};
