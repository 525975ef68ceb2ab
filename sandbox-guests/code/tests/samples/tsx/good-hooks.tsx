export function useInterval(callback: () => void, delay: number | null): void {
  const saved = useRef<typeof callback>(callback);
  useEffect(() => {
    saved.current = callback;
  }, [callback]);
  useEffect(() => {
    if (delay === null) return;
    const id = setInterval(() => saved.current(), delay);
    return () => clearInterval(id);
  }, [delay]);
}

export const Clock = () => <time dateTime={new Date().toISOString()} />;
