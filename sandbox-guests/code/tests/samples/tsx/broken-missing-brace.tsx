const Theme = createContext<"dark" | "light">("light");

export function Themed({ children }: PropsWithChildren): JSX.Element {
  const theme = useContext(Theme)!;
  return <div data-theme={theme}>{children}</div>;
}

export default class Page extends Component<{ title?: string }, State> {
  state: State = { open: false };

  render() {
    const { title = "none" } = this.props;
    return <Themed>{this.state.open && <h1>{title}</h1></Themed>;
  }
}
